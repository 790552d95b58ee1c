"""How a verb shows its answer: as rows, as a document or as a screen."""
