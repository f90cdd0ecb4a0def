"""The same subject is not reported on the same camera again and again."""

from __future__ import annotations


class Repeats:
    """Remembers subjects by their reference, which outlives a list; never a face."""

    def __init__(self, cooldown_s: float) -> None:
        self.cooldown_ns = int(cooldown_s * 1e9)
        self._last_ns: dict[tuple[str, str], int] = {}

    def fresh(self, subject: str, camera: str, now_ns: int) -> bool:
        """Tell whether the subject of this reference may be reported, and remember it if so."""
        last = self._last_ns.get((subject, camera))
        if last is not None and now_ns - last < self.cooldown_ns:
            return False
        self._last_ns[subject, camera] = now_ns
        return True

    def clear(self) -> None:
        """Forget every subject, when the list goes."""
        self._last_ns.clear()
