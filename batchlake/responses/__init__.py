"""What batchlake answers with, as pydantic models."""

from typing import TYPE_CHECKING

from batchlake.cells import utc_text
from batchlake.late import importer

if TYPE_CHECKING:
    from batchlake.responses.analytics import (
        Analytics,
        AverageSentiment,
        Band,
        BatchAnalytics,
        CommonResponse,
        Cost,
        CurrencyCost,
        CurrencyTotal,
        Duration,
        Engagement,
        Group,
        Mainly,
        Measured,
        Moment,
        PatternCount,
        PatternCounts,
        Rate,
        Rates,
        ResponsePatterns,
        Score,
        Statistics,
        Timeline,
        Words,
    )
    from batchlake.responses.batches import Batch, BatchDetails, BatchSummary, SelectedCalls
    from batchlake.responses.calls import (
        Call,
        CallAnalytics,
        CallDetails,
        EngagementMetrics,
        KnownCall,
        Segment,
        Sentiment,
        TalkRatio,
        Transcript,
        VoiceMetrics,
    )
    from batchlake.responses.reports import (
        Audit,
        BatchAudit,
        BilledTotal,
        Comparison,
        Explanation,
        MetricDefinition,
        Observation,
        Progress,
    )
    from batchlake.responses.values import (
        Figures,
        Known,
        Money,
        Seconds,
        Time,
        money_text,
        seconds_number,
    )

__all__ = [
    "Analytics",
    "Audit",
    "AverageSentiment",
    "Band",
    "Batch",
    "BatchAnalytics",
    "BatchAudit",
    "BatchDetails",
    "BatchSummary",
    "BilledTotal",
    "Call",
    "CallAnalytics",
    "CallDetails",
    "CommonResponse",
    "Comparison",
    "Cost",
    "CurrencyCost",
    "CurrencyTotal",
    "Duration",
    "Engagement",
    "EngagementMetrics",
    "Explanation",
    "Figures",
    "Group",
    "Known",
    "KnownCall",
    "Mainly",
    "Measured",
    "MetricDefinition",
    "Moment",
    "Money",
    "Observation",
    "PatternCount",
    "PatternCounts",
    "Progress",
    "Rate",
    "Rates",
    "ResponsePatterns",
    "Score",
    "Seconds",
    "Segment",
    "SelectedCalls",
    "Sentiment",
    "Statistics",
    "TalkRatio",
    "Time",
    "Timeline",
    "Transcript",
    "VoiceMetrics",
    "Words",
    "money_text",
    "seconds_number",
    "utc_text",
]

_NAMES = {
    "analytics": """
        Analytics AverageSentiment Band BatchAnalytics CommonResponse Cost CurrencyCost CurrencyTotal
        Duration Engagement Group Mainly Measured Moment PatternCount PatternCounts Rate Rates
        ResponsePatterns Score Statistics Timeline Words
    """,
    "batches": """
        Batch BatchDetails BatchSummary SelectedCalls
    """,
    "calls": """
        Call CallAnalytics CallDetails EngagementMetrics KnownCall Segment Sentiment TalkRatio Transcript
        VoiceMetrics
    """,
    "reports": """
        Audit BatchAudit BilledTotal Comparison Explanation MetricDefinition Observation Progress
    """,
    "values": """
        Figures Known Money Seconds Time money_text seconds_number
    """,
}
__getattr__ = importer(__name__, {name: home for home, names in _NAMES.items() for name in names.split()})
