"""A clock for exercises: it can be paused and hurried, and never runs back."""

from collections.abc import Callable

SPEEDS = (1, 2, 5, 10, 30)


class ExerciseClock:
    """Counts exercise time from `start_ms`, `speed` times as fast as `monotonic_s`, standing still while paused."""

    def __init__(self, start_ms: int, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._base_ms = float(start_ms)
        self._since_s = monotonic_s()
        self._speed = 1.0
        self._paused = False

    def now_ms(self) -> int:
        if self._paused:
            return int(self._base_ms)
        return int(self._base_ms + (self._monotonic_s() - self._since_s) * 1000 * self._speed)

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def paused(self) -> bool:
        return self._paused

    def set_speed(self, speed: float) -> None:
        """Raises ValueError unless `speed` is above 0."""
        if speed <= 0:
            raise ValueError("an exercise goes forward")
        self._settle()
        self._speed = speed

    def pause(self) -> None:
        self._settle()
        self._paused = True

    def resume(self) -> None:
        self._settle()
        self._paused = False

    def skip(self, seconds: float) -> None:
        """Jump ahead; for stories that are told without waiting. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("an exercise goes forward")
        self._settle()
        self._base_ms += seconds * 1000

    def _settle(self) -> None:
        self._base_ms = float(self.now_ms())
        self._since_s = self._monotonic_s()
