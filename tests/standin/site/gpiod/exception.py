"""What is not the kernel's own refusal."""


class ChipClosedError(Exception):
    def __init__(self):
        super().__init__("I/O operation on closed chip")


class RequestReleasedError(Exception):
    def __init__(self):
        super().__init__("GPIO lines have been released")
