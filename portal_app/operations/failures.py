"""How a command ends when it cannot do its work: with one sentence on stderr and an exit code."""


class CommandFailed(Exception):
    """The command could not do its work; the text is one sentence for the operator."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        """Keep the sentence and the exit code."""
        self.code = code
        super().__init__(sentence)
