"""The rule file: text to plain data with positions, to rules, with every problem collected."""
