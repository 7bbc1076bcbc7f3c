"""What players that speak Subsonic need: labels of tracks, sleeves, marks, bookmarks, passwords to unseal."""

import sqlalchemy as sa
from alembic import op
from row_security import protect, system_only

revision = "0021_shelves"
down_revision = "0020_bands"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_LABELS = ("album", "album_artist", "genre", "year", "track_number", "disc_number")
_NUMBERS = ("year", "track_number", "disc_number")
_TABLES = ("player_passwords", "bookmarks", "shelf_marks", "asset_sleeves")


def upgrade() -> None:
    """Make the tables, and give uploads the albums that their files name."""
    for name in _LABELS:
        op.add_column("source_tracks", sa.Column(name, sa.Integer if name in _NUMBERS else sa.Text))
    op.execute(
        "UPDATE source_tracks t SET album = a.probe ->> 'album' FROM assets a"
        " WHERE a.id = t.asset_id AND t.source = 'uploaded'"
    )
    op.create_index(
        "ix_source_tracks_public",
        "source_tracks",
        ["id"],
        postgresql_where=sa.text("asset_id IS NOT NULL AND visibility = 'public'"),
    )
    op.create_table(
        "asset_sleeves",
        sa.Column("asset_id", sa.Uuid, sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("lyrics", sa.Text),
    )
    op.create_table(
        "shelf_marks",
        _user(),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("starred_at", _INSTANT),
        sa.Column("rating", sa.SmallInteger),
        sa.CheckConstraint("kind IN ('album', 'artist')", name="kind"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )
    op.create_table(
        "bookmarks",
        _user(),
        sa.Column(
            "track_id",
            sa.Uuid,
            sa.ForeignKey("source_tracks.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("position_ms", sa.BigInteger, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "player_passwords",
        _user(),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT),
    )
    system_only("asset_sleeves")
    for table in ("shelf_marks", "bookmarks", "player_passwords"):
        protect(table)


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_source_tracks_public", "source_tracks")
    for name in _LABELS:
        op.drop_column("source_tracks", name)


def _user() -> sa.Column[object]:
    return sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
