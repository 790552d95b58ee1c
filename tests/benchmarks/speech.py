"""What is said in generated calls: an agent's script with slots, and how people answer it.

In comes a source of chance, out come texts ready to stand between the quotes of a JSON string. People's answers
follow a Zipf-like law: a few short phrases make up half of all answers, and a third are sentences from a small
grammar with tens of millions of outcomes, most of which are said once.
"""

from __future__ import annotations

import json
from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

PEOPLE: Final = (
    "Ana Beatriz Carlos Daniela Elena Farid Grace Hannah Ibrahim José Keiko Liam Mei Nadia Omar Priya Quentin "
    "Rosa Samuel Tariq Ursula Viktor Wanjiru Ximena Yusuf Zoë Amelia Benedict Chloé Dmitri Esther Fiona Gareth "
    "Helena Isaac Joanna Kofi Lucía Marcus Noor Olivia Patrick Renée Søren Thomas Violet William Yara"
).split()
FAMILIES: Final = (
    "Adams Becker Castillo Dubois Evans Fischer García Hughes Ivanov Jensen Kowalski López Müller Nakamura "
    "O'Brien Patel Quinn Rossi Schmidt Tanaka Usman Varga Walker Xu Young Zhang Ahmed Brooks Cohen Diaz"
).split()
PRODUCTS: Final = (
    "Home Fibre 500",
    "Mobile Plus",
    "Family Bundle",
    "Business Line",
    "Starter Plan",
    "Unlimited Roaming",
    "Weekend Saver",
    "Premium TV",
    "Device Protection",
)
MONTHS: Final = "January February March April May June July August September October November December".split()

OPENING: Final = (
    "Hello, this is the assistant calling from Northwind. Am I speaking with %(name)s?",
    "Good day, it's Northwind's virtual assistant. Is this %(name)s?",
    "Hi %(name)s, this is an automated call from Northwind about your %(product)s account. Is now a good time?",
    "Hello, I'm an AI assistant from Northwind and this call is recorded. Could I speak to %(name)s, please?",
)
CLOSING: Final = (
    "Thank you for your time, %(name)s. You will get a confirmation by text message. Goodbye!",
    "All right, I have noted that for you. Have a lovely day, %(first)s.",
    "Thanks, %(first)s. If you have any question, call us on 0800 555 %(code)s. Goodbye.",
    "I understand. I will make sure that we don't call you about this again. Goodbye.",
)
STAGES: Final[dict[str, tuple[str, ...]]] = {
    "interest": (
        "I'm calling because your %(product)s contract ends on %(date)s, and we have an offer for you. "
        "Would you like to hear it?",
        "You have been with us for %(years)s years, so we can move you to %(product)s at %(price)s a month. "
        "Is that something you would be interested in?",
        "We noticed that you use more data than your plan includes. Would %(product)s suit you better?",
    ),
    "price": (
        "The price would be %(price)s a month for the first %(years)s years, with no set-up fee. "
        "How does that sound?",
        "Compared with what you pay today you would save about %(price)s over the year. Does that help?",
        "At the moment it is %(price)s, including taxes, and you can cancel with thirty days' notice.",
    ),
    "need": (
        "May I ask what you mainly use your connection for?",
        "How many people in your household use the internet at the same time?",
        "Is there anything about your current plan that you are not happy with?",
    ),
    "doubt": (
        "I understand. Many of our customers felt the same before they tried %(product)s. "
        "What would make it easier for you to decide?",
        "That's fair. There is no obligation, and I can send you the details by e-mail. Would you like that?",
        "Of course. If you prefer, I can put you through to a colleague who knows your contract.",
    ),
    "time": (
        "Our technician could come on %(date)s between nine and twelve. Would that work for you?",
        "When would be the best time to call you back?",
        "I have an appointment free on %(date)s at %(hour)s. Shall I book it?",
    ),
    "check": (
        "Just to confirm: %(product)s, at %(price)s a month, starting on %(date)s. Is that right?",
        "Let me read that back to you. Your reference is N W %(code)s. Have you got that?",
        "For security, could you tell me the last two digits of your customer number?",
    ),
}

_ANSWERS: Final[dict[str, str]] = {
    "opening": "Yes.|Yes, speaking.|Hello?|Yeah|Who is this?|Speaking|Yes, this is me.|What is this about?|"
    "Sorry, who?|Hi|Yes, but I'm driving right now.|Is this a robot?|Who's calling?|Wrong number|Go ahead|"
    "I can hear you.|No, this is her husband.|One moment please|What do you want?",
    "interest": "Yes, I'm interested|No, thank you.|Maybe|Not interested.|Okay|Sure, go on.|No thanks|Tell me more|"
    "Yes please|I don't know|I already have one.|Not right now|How much is it?|Why not|Stop calling me|"
    "Depends on the price.|Uh-huh|I'm happy with what I have|Can you send me an email?",
    "price": "How much?|That's too expensive|Okay|That sounds good|Is that with tax?|Hmm|Sounds fair|"
    "I pay less now.|For how long?|And after that?|No way|Can you do better?|That's not bad|Let me think about it|"
    "What's included?|I can't afford that|Okay, and the router?|Right",
    "need": "Mostly work|Streaming|Just email|Four|Two of us|It's fine|It's slow in the evenings|"
    "The kids use it for school|I work from home|Nothing really|The bill is always wrong|Three or four|"
    "Games|The wifi drops upstairs|I don't use it much|Phone calls mostly",
    "doubt": "I need to talk to my wife|I have to think about it|Send me an email|Okay|Can I speak to a person?|"
    "I'm not sure|Call me back tomorrow|Let me think|I don't want a contract|No|Transfer me please|"
    "Is there a catch?|Put me through|I've had bad experiences|Yes, send it",
    "time": "Tomorrow|That works|In the afternoon|No, I'm at work then|Yes|Next week|After six|Call me later|"
    "Saturday is better|Fine|Can it be earlier?|I'm away that week|Any time|Morning is good|Not on Mondays",
    "check": "Yes|That's right|Correct|Yes, that's correct.|No, that's wrong|Can you repeat that?|Four seven|"
    "Sorry, say again?|Perfect|Hold on, let me get a pen|Yep|I don't have it here|Got it|Zero nine",
    "closing": "Bye|Thank you, bye|Goodbye|Thanks|Okay bye|You too|Have a nice day|Bye bye|Cheers|Thanks, bye now",
}
_STARTS: Final = (
    "Well,|Look,|To be honest|Actually|I mean|Sorry, but|You know,|The thing is|Um,|Right, so|Listen,|I think|Oh,|"
    "So|Hmm, well|Honestly,|Last time|The other day|As I told your colleague,|I guess"
).split("|")
_WHO: Final = (
    "my wife|my husband|the technician|your colleague|my son|the last invoice|my daughter|the shop in town|I|we|"
    "my neighbour|the contract|the old router|my boss|nobody|the app|the letter you sent|my mother|someone"
).split("|")
_DID: Final = (
    "said something about|never mentioned|was asking about|got charged for|is waiting for|can't find|wanted to cancel|"
    "had a problem with|is paying for|changed|doesn't need|complained about|has questions about|signed up for|"
    "would like to keep|was promised|is looking into|already returned|forgot about|still needs"
).split("|")
_WHAT: Final = (
    "the router|the second line|that discount|the roaming fee|the invoice|the installation|the new box|a refund|"
    "the TV package|the phone number|the contract|the upgrade|the data plan|the set-up fee|the mobile plan|"
    "the cancellation|an appointment|the password|the old plan|the insurance|the \"free\" month|the direct debit"
).split("|")
_WHEN: Final = (
    "last week|in March|two months ago|yesterday|on Friday|since we moved|before Christmas|this morning|for years|"
    "after the storm|over the weekend|when we signed|at the end of the month|every single month|in the summer"
).split("|")
_THEN: Final = (
    "and it still doesn't work|so I don't know|and nobody called back|so can you check that|but it's fine now|"
    "and I'd rather wait|so please send me the details|and I paid AMOUNT for it|but I have to ask at home|"
    "and that was AMOUNT|so how much would that be|and I don't want to pay twice|so call me after AMOUNT|"
    "but my reference was AMOUNT|and I'm not happy about it|so maybe next year|and I've been a customer since 20AMOUNT"
).split("|")
_TAIL_SHARE: Final = 0.35
_ZIPF_EXPONENT: Final = 1.1


def quoted(text: str) -> str:
    """A text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


class People:
    """Answers of people, by what they are answering: `opening`, a stage of the script, or `closing`."""

    def __init__(self) -> None:
        self._phrases = {
            topic: [quoted(text) for text in texts.split("|")] for topic, texts in _ANSWERS.items()
        }
        self._odds = {}
        for topic, phrases in self._phrases.items():
            weights = [1 / rank**_ZIPF_EXPONENT for rank in range(1, len(phrases) + 1)]
            self._odds[topic] = [sum_so_far / sum(weights) for sum_so_far in accumulate(weights)]
        self._sentences = [[quoted(text) for text in texts] for texts in (_STARTS, _WHO, _DID, _WHAT, _WHEN)]
        self._endings = [quoted(text) for text in _THEN]

    def answer(self, topic: str, chance: Random) -> str:
        """A short phrase as a rule, a sentence of one's own in a third of the cases."""
        draw = chance.random
        if topic != "closing" and draw() < _TAIL_SHARE:
            return self._sentence(chance)
        phrases = self._phrases[topic]
        return phrases[min(bisect(self._odds[topic], draw()), len(phrases) - 1)]

    def _sentence(self, chance: Random) -> str:
        draw = chance.random
        start, who, did, what, when = (words[int(draw() * len(words))] for words in self._sentences)
        said = f"{start} {who} {did} {what} {when}"
        if draw() < 0.5:
            ending = self._endings[int(draw() * len(self._endings))]
            number = int(draw() * 90) + 10
            said = f"{said}, {ending.replace('AMOUNT', str(number))}"
        return said + "." if draw() < 0.7 else said


class Agent:
    """The agent's talks: which lines follow each other, drawn once, and the slots that each call fills."""

    def __init__(self, chance: Random, talks: int = 400) -> None:
        self.talks = [self._talk(chance) for _ in range(talks)]

    def slots(self, chance: Random) -> dict[str, str]:
        """What the blanks of one call's lines are filled with."""
        draw = chance.random
        first = PEOPLE[int(draw() * len(PEOPLE))]
        return {
            "first": first,
            "name": f"{first} {FAMILIES[int(draw() * len(FAMILIES))]}",
            "product": PRODUCTS[int(draw() * len(PRODUCTS))],
            "price": f"${int(draw() * 60) + 9}.{'99' if draw() < 0.6 else '50'}",
            "date": f"{MONTHS[int(draw() * 12)]} {int(draw() * 28) + 1}",
            "hour": f"{int(draw() * 9) + 9} o'clock",
            "years": str(int(draw() * 8) + 2),
            "code": f"{int(draw() * 9000) + 1000}",
        }

    def _talk(self, chance: Random) -> list[tuple[str, str]]:
        """The lines of one talk with the topic of their answers: 8 to 12 of each, so 15 to 24 utterances."""
        topics = [topic for topic in STAGES for _ in STAGES[topic]]
        middle = chance.sample(topics, chance.randint(6, 10))
        middle.sort(key=list(STAGES).index)
        lines = {topic: chance.sample(STAGES[topic], len(STAGES[topic])) for topic in STAGES}
        talk = [(chance.choice(OPENING), "opening")]
        talk += [(lines[topic].pop(), topic) for topic in middle]
        talk.append((chance.choice(CLOSING), "closing" if chance.random() < 0.5 else ""))
        return [(quoted(line), topic) for line, topic in talk]
