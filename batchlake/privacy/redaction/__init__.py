"""What is redacted before it is stored: the rules, names, national ids, texts, documents."""
