"""The intake form apart from its widgets: whatever is typed comes back from a draft as it was."""

from hypothesis import given
from hypothesis import strategies as st

from core.desk import Draft
from core.domain.agency import Agency
from core.domain.statuses import Priority
from core.domain.values import Location, LocationSource
from widgets.panels.intake_draft import IntakeForm, form_of

PLACES = st.one_of(
    st.builds(Location, st.text(), detail=st.text()),
    st.builds(
        Location,
        st.text(),
        st.floats(-90, 90),
        st.floats(-180, 180),
        st.sampled_from([source for source in LocationSource if source is not LocationSource.UNVERIFIED]),
        st.text(),
    ),
)
FORMS = st.builds(
    IntakeForm,
    location=PLACES,
    type=st.text(max_size=12),
    callback=st.text(),
    caller=st.text(),
    priority=st.none() | st.sampled_from(Priority),
    narrative=st.text(),
    answered_at=st.integers(0, 2**45),
)


def draft(fields: dict[str, str]) -> Draft:
    return Draft("d1", 1000, 2000, "mreyes", fields)


@given(FORMS)
def test_that_a_form_comes_back_from_its_draft_as_it_was(form: IntakeForm) -> None:
    assert form_of(draft(form.fields())) == form


@given(st.dictionaries(st.sampled_from(["lat", "lon", "source", "priority", "answered_at", "location"]), st.text()))
def test_that_a_draft_of_another_version_is_read_as_far_as_it_goes(fields: dict[str, str]) -> None:
    form = form_of(draft(fields))
    assert form.location.text == fields.get("location", "")


def test_that_location_and_type_are_enough(agency: Agency) -> None:
    assert set(IntakeForm().missing(agency)) == {"location", "type"}
    assert IntakeForm(location=Location("Prat 1"), type="ems-che").missing(agency) == {}
    assert "NOPE" in IntakeForm(location=Location("Prat 1"), type="NOPE").missing(agency)["type"]
