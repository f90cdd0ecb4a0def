"""An engine's answer, on this side."""


def fetched(outputs):
    return {name: view.fetch().copy() for name, view in outputs.items()}
