"""What was suggested is kept beside the log: replaced by incident, read by time, and there after a restart."""

from msgspec.structs import replace

from core.severity.record import Estimate, SuggestionRecord


def record(incident: str, at: int, **more: object) -> SuggestionRecord:
    estimate = Estimate("ab" * 32, (0.7, 0.3), 0.7, "high", 9, 1, 0.4)
    return SuggestionRecord(incident=incident, at=at, level="high", source="model", champion=estimate, **more)


def test_that_suggestions_are_read_by_time_oldest_first(store):
    for at in (3000, 1000, 2000):
        store.save_suggestion(record(f"i{at}", at))
    assert [r.incident for r in store.suggestions(1000, 2000)] == ["i1000", "i2000"]


def test_that_a_later_record_of_an_incident_replaces_the_earlier_one(store):
    first = record("i1", 1000)
    store.save_suggestion(first)
    store.write_suggestions()
    store.save_suggestion(replace(first, own="low", outcome="critical", outcome_at=9000))
    assert store.suggestion_of("i1").own == "low"
    assert [r.outcome for r in store.suggestions(0, 9999)] == ["critical"]
    assert store.suggestion_of("unknown") is None


def test_that_what_waits_is_written_when_the_store_closes(store, opened):
    kept = [record("i1", 1000, fields={"age": 3, "place": None}), record("i2", 1001, own="low", own_first="high")]
    for each in kept:
        store.save_suggestion(each)
    path = store.path
    store.close()
    again = opened(path)
    assert list(again.suggestions(0, 2000)) == kept
