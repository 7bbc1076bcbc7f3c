"""The queue's schema in our migrations is the one that the installed Procrastinate works with."""

from pathlib import Path

from procrastinate.schema import SchemaManager

FROZEN = Path(__file__).parents[3] / "migrations" / "procrastinate" / "schema_3_10_0.sql"


def test_an_upgrade_of_procrastinate_that_changes_its_schema_needs_a_migration() -> None:
    assert SchemaManager.get_schema() == FROZEN.read_text()
