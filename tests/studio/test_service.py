"""The studio's decisions, without a database."""

from uuid import UUID

import pytest

from segue.kit.errors import InvalidRequest
from segue.kit.ids import new_id
from segue.stems.tables import Stem
from segue.studio.service import choose_foundation

A, B = new_id(), new_id()


def stem(track_id: UUID, name: str) -> Stem:
    return Stem(id=new_id(), track_id=track_id, name=name)


def test_the_track_with_drums_leads_the_beat() -> None:
    assert choose_foundation([stem(A, "vocals"), stem(B, "drums"), stem(A, "bass")]).foundation == B


def test_without_drums_the_last_track_leads_the_beat() -> None:
    assert choose_foundation([stem(A, "vocals"), stem(B, "bass"), stem(A, "other")]).foundation == A


def test_stems_of_one_track_are_no_mashup() -> None:
    with pytest.raises(InvalidRequest, match="two tracks"):
        choose_foundation([stem(A, "vocals"), stem(A, "drums")])


def test_the_same_part_of_a_track_by_two_engines_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="choose one"):
        choose_foundation([stem(A, "vocals"), stem(A, "vocals"), stem(B, "drums")])
