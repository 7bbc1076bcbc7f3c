"""Playlists that are edited and shared: entries with ids of their own, revisions, collaborators, comments."""

import sqlalchemy as sa
from alembic import op
from row_security import CURRENT_USER, USER_ROLE, protect
from sqlalchemy.dialects import postgresql

revision = "0022_playlists"
down_revision = "0021_shelves"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
#: Between two entries, so that others can come there.
_GAP = 2**32
_ENTRIES = "playlist_entries"
_OF_EDITORS = ("playlist_heads", "playlist_revisions", "playlist_changes")
#: In the order in which they can go.
_TABLES = (
    "playlist_comments",
    "playlist_changes",
    "playlist_revisions",
    "playlist_heads",
    "playlist_invitations",
    "playlist_collaborators",
)
_MINE = f"SELECT id FROM playlists WHERE user_id = {CURRENT_USER}"
#: Policies of playlists ask collaborators, whose own ask nothing further.
_SHARED_WITH_ME = f"SELECT playlist_id FROM playlist_collaborators WHERE user_id = {CURRENT_USER}"
_EDITABLE = f"(playlist_id IN ({_MINE} UNION ALL {_SHARED_WITH_ME} AND role = 'editor' AND joined_at IS NOT NULL))"


def upgrade() -> None:
    """Make the tables, and make room between entries."""
    _widen_playlists()
    _give_entries_ids()
    _make_editing()
    _make_sharing()
    _protect()


def downgrade() -> None:
    """Drop the tables; lists that were deleted go, and of those that share a name all but one."""
    for policy in ("seen", "shared", "public"):
        for table in (_ENTRIES, "playlists"):
            op.execute(f"DROP POLICY IF EXISTS {table}_{policy} ON {table}")
    op.execute(f"DROP POLICY {_ENTRIES}_owner ON {_ENTRIES}")
    owned = f"(playlist_id IN ({_MINE}))"
    op.execute(
        f"CREATE POLICY {_ENTRIES}_owner ON {_ENTRIES} FOR ALL TO {USER_ROLE} USING ({owned}) WITH CHECK ({owned})"
    )
    for table in _TABLES:
        op.drop_table(table)
    op.drop_constraint("uq_playlists_user_id_source_source_name", "playlists")
    op.drop_constraint("uq_playlists_id_user_id", "playlists")
    op.execute("DELETE FROM playlists WHERE deleted_at IS NOT NULL")
    op.execute("UPDATE playlists SET name = source_name WHERE source_name IS NOT NULL")
    op.execute(
        "DELETE FROM playlists p USING playlists o WHERE o.user_id = p.user_id AND o.source = p.source"
        " AND o.name = p.name AND o.id < p.id"
    )
    for column in ("description", "source_name", "slug", "cover_sha256", "deleted_at"):
        op.drop_column("playlists", column)
    op.create_unique_constraint("uq_playlists_user_id_source_name", "playlists", ["user_id", "source", "name"])
    _take_ids_from_entries()


def _widen_playlists() -> None:
    op.add_column("playlists", sa.Column("description", sa.Text, nullable=False, server_default=""))
    op.add_column("playlists", sa.Column("source_name", sa.Text))
    op.add_column("playlists", sa.Column("slug", sa.Text, unique=True))
    op.add_column("playlists", sa.Column("cover_sha256", sa.Text, index=True))
    op.add_column("playlists", sa.Column("deleted_at", _INSTANT))
    op.execute("UPDATE playlists SET source_name = name")
    op.drop_constraint("uq_playlists_user_id_source_name", "playlists")
    op.create_unique_constraint(
        "uq_playlists_user_id_source_source_name", "playlists", ["user_id", "source", "source_name"]
    )
    op.create_unique_constraint("uq_playlists_id_user_id", "playlists", ["id", "user_id"])


def _give_entries_ids() -> None:
    op.add_column(_ENTRIES, sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()")))
    op.alter_column(_ENTRIES, "id", server_default=None)
    op.add_column(_ENTRIES, sa.Column("added_by", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True))
    op.drop_constraint("pk_playlist_entries", _ENTRIES)
    op.alter_column(_ENTRIES, "position", type_=sa.BigInteger)
    op.execute(f"UPDATE {_ENTRIES} SET position = position * {_GAP}")
    op.create_primary_key("pk_playlist_entries", _ENTRIES, ["id"])
    op.create_unique_constraint(
        "uq_playlist_entries_playlist_id_position",
        _ENTRIES,
        ["playlist_id", "position"],
        deferrable=True,
        initially="DEFERRED",
    )


def _take_ids_from_entries() -> None:
    op.drop_constraint("uq_playlist_entries_playlist_id_position", _ENTRIES)
    op.drop_constraint("pk_playlist_entries", _ENTRIES)
    op.execute(
        f"UPDATE {_ENTRIES} e SET position = n.place - 1 FROM (SELECT id, row_number() OVER"
        f" (PARTITION BY playlist_id ORDER BY position) AS place FROM {_ENTRIES}) AS n WHERE n.id = e.id"
    )
    op.alter_column(_ENTRIES, "position", type_=sa.Integer)
    op.drop_column(_ENTRIES, "added_by")
    op.drop_column(_ENTRIES, "id")
    op.create_primary_key("pk_playlist_entries", _ENTRIES, ["playlist_id", "position"])


def _make_editing() -> None:
    op.create_table(
        "playlist_heads",
        sa.Column("playlist_id", sa.Uuid, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("edited_at", _INSTANT, nullable=False),
        sa.Column("source_tracks", postgresql.ARRAY(sa.Uuid)),
    )
    op.execute("INSERT INTO playlist_heads (playlist_id, edited_at) SELECT id, created_at FROM playlists")
    op.create_table(
        "playlist_revisions",
        sa.Column("playlist_id", sa.Uuid, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("made_by", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("name_before", sa.Text),
        sa.Column("name_after", sa.Text),
        sa.Column("description_before", sa.Text),
        sa.Column("description_after", sa.Text),
    )
    op.create_table(
        "playlist_changes",
        sa.Column("playlist_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column(
            "track_id", sa.Uuid, sa.ForeignKey("source_tracks.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("position_before", sa.BigInteger),
        sa.Column("position_after", sa.BigInteger),
        sa.Column("added_at", _INSTANT),
        sa.Column("added_by", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
        sa.ForeignKeyConstraint(
            ["playlist_id", "number"],
            ["playlist_revisions.playlist_id", "playlist_revisions.number"],
            ondelete="CASCADE",
        ),
    )


def _make_sharing() -> None:
    op.create_table(
        "playlist_collaborators",
        sa.Column("playlist_id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
        _owner(),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("invited_at", _INSTANT, nullable=False),
        sa.Column("joined_at", _INSTANT),
        _of_its_owner(),
        sa.CheckConstraint("role IN ('viewer', 'editor')", name="role"),
        sa.CheckConstraint("user_id <> owner_id", name="another"),
    )
    op.create_table(
        "playlist_invitations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("playlist_id", sa.Uuid, nullable=False, index=True),
        _owner(),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        _of_its_owner(),
        sa.CheckConstraint("role IN ('viewer', 'editor')", name="role"),
    )
    op.create_table(
        "playlist_comments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("playlist_id", sa.Uuid, sa.ForeignKey("playlists.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("edited_at", _INSTANT),
    )
    op.create_index("ix_playlist_comments_playlist_id_id", "playlist_comments", ["playlist_id", "id"])


def _protect() -> None:
    """Let owners do all, editors edit entries, collaborators see what is shared with them, and all what is public."""
    protect("playlist_collaborators", owner="owner_id")
    for what in ("SELECT", "DELETE"):
        op.execute(
            f"CREATE POLICY playlist_collaborators_own_{what} ON playlist_collaborators FOR {what} TO {USER_ROLE}"
            f" USING (user_id = {CURRENT_USER})"
        )
    protect("playlist_invitations", owner="owner_id")
    _let_see("playlists", "shared", f"deleted_at IS NULL AND id IN ({_SHARED_WITH_ME})")
    _let_see("playlists", "public", "deleted_at IS NULL AND slug IS NOT NULL")
    op.execute(f"DROP POLICY {_ENTRIES}_owner ON {_ENTRIES}")
    op.execute(
        f"CREATE POLICY {_ENTRIES}_owner ON {_ENTRIES} FOR ALL TO {USER_ROLE}"
        f" USING ({_EDITABLE}) WITH CHECK ({_EDITABLE})"
    )
    for table in _OF_EDITORS:
        protect(table, owner=_EDITABLE)
    comments = "playlist_comments"
    protect(comments, owner=f"(user_id = {CURRENT_USER} AND {_seen(comments)})")
    op.execute(
        f"CREATE POLICY {comments}_moderated ON {comments} FOR DELETE TO {USER_ROLE} USING (playlist_id IN ({_MINE}))"
    )
    for table in (_ENTRIES, "playlist_heads", comments):
        _let_see(table, "seen", _seen(table))


def _let_see(table: str, policy: str, condition: str) -> None:
    op.execute(f"CREATE POLICY {table}_{policy} ON {table} FOR SELECT TO {USER_ROLE} USING ({condition})")


def _seen(table: str) -> str:
    """Return the condition that the row's list is one that the user sees, by the policies of lists."""
    return f"EXISTS (SELECT FROM playlists p WHERE p.id = {table}.playlist_id)"


def _owner() -> sa.Column[object]:
    key = sa.ForeignKey("users.id", ondelete="CASCADE")
    return sa.Column("owner_id", sa.Uuid, key, nullable=False, index=True)


def _of_its_owner() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["playlist_id", "owner_id"], ["playlists.id", "playlists.user_id"], ondelete="CASCADE"
    )
