"""What a gateway tells and we did not ask for: nothing is applied, and a person looks at it."""


class NotOurs(Exception):
    """Something that fits nothing of ours; the text says what does not fit, in numbers and references alone."""
