"""Bands with their releases and followers, and what users are told: notifications, and browsers to push to."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector
from row_security import USER_ROLE, protect, system_only
from sqlalchemy.dialects import postgresql

revision = "0020_bands"
down_revision = "0019_generation"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_TABLES = (
    "push_keys",
    "push_deliveries",
    "push_subscriptions",
    "notifications",
    "band_follows",
    "band_release_tracks",
    "band_releases",
    "band_tracks",
    "bands",
)

# Near to what `segue.catalog.songs.folding` makes of a name; what it makes of bands' names is looked up here.
# Cut short, since compatibility forms may make more of a name than an index takes.
_LETTERS = {"&": "and", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
_NAME_KEY = rf"""
CREATE FUNCTION segue_name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT left(regexp_replace(regexp_replace(
        {"replace(" * len(_LETTERS)}translate(lower(normalize(name, NFKD)), 'øłđðıħŧŋ', 'olddihtn'){
    "".join(f", '{letter}', '{written}')" for letter, written in _LETTERS.items())
},
        '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]', '', 'g'), 200)
$$
"""
# Whether any artist has such a name, in songs or in what anybody uploaded: it tells no more than that.
_IS_ARTIST = """
CREATE FUNCTION segue_names_artist(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT FROM song_lookups WHERE artist_key IN (wanted, 'the' || wanted))
        OR EXISTS (
            SELECT FROM source_tracks
            WHERE source = 'uploaded' AND segue_name_key(artist) IN (wanted, 'the' || wanted)
        )
$$
"""
_FOLLOWERS = """
CREATE FUNCTION segue_band_followers(wanted uuid[]) RETURNS TABLE (band_id uuid, followers bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT f.band_id, count(*) FROM band_follows f WHERE f.band_id = ANY (wanted) GROUP BY f.band_id
$$
"""
_NOTIFY = """
CREATE FUNCTION segue_notify_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('segue_notifications', NEW.user_id::text);
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Make the tables, and what looks behind others' rows for one answer each."""
    _make_bands()
    _make_notifications()
    op.execute(_NAME_KEY)
    op.execute(_IS_ARTIST)
    op.execute(_FOLLOWERS)
    op.execute(
        "CREATE INDEX ix_source_tracks_uploaded_artist ON source_tracks (segue_name_key(artist))"
        " WHERE source = 'uploaded' AND artist IS NOT NULL"
    )
    for function in ("segue_names_artist(text)", "segue_band_followers(uuid[])"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {USER_ROLE}")
    op.execute(_NOTIFY)
    op.execute(
        "CREATE TRIGGER notifications_added AFTER INSERT ON notifications"
        " FOR EACH ROW EXECUTE FUNCTION segue_notify_notification()"
    )
    of_public_band = "EXISTS (SELECT FROM bands b WHERE b.id = band_id AND b.visibility = 'public')"
    of_public_release = "EXISTS (SELECT FROM band_releases r WHERE r.id = release_id)"
    protect("bands", public="visibility = 'public'")
    protect("band_tracks", public=of_public_band)
    protect("band_releases", public=of_public_band)
    protect("band_release_tracks", public=of_public_release)
    for table in ("band_follows", "notifications", "push_subscriptions", "push_deliveries"):
        protect(table)
    system_only("push_keys")


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX ix_source_tracks_uploaded_artist")
    op.execute("DROP FUNCTION segue_band_followers(uuid[])")
    op.execute("DROP FUNCTION segue_names_artist(text)")
    op.execute("DROP FUNCTION segue_name_key(text)")
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION segue_notify_notification()")


def _make_bands() -> None:
    op.create_table(
        "bands",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False, unique=True),
        sa.Column("name_taken_at", _INSTANT),
        sa.Column("bio", sa.Text, nullable=False),
        sa.Column("bio_is_own", sa.Boolean, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("sound", postgresql.JSONB, nullable=False),
        sa.Column("vector", Vector(768)),
        sa.Column("cover_sha256", sa.Text),
        sa.Column("saved_at", _INSTANT),
        sa.Column("releases_weekly", sa.Boolean, nullable=False),
        sa.Column("next_release_at", _INSTANT),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("visibility IN ('private', 'public')", name="visibility"),
    )
    op.create_index("ix_bands_user_id_id", "bands", ["user_id", "id"])
    weekly = sa.text("releases_weekly")
    op.create_index("ix_bands_next_release_at", "bands", ["user_id", "next_release_at"], postgresql_where=weekly)
    op.create_table(
        "band_tracks",
        _key("track_id", "source_tracks.id", primary_key=True),
        _key("band_id", "bands.id", index=True),
        _user(index=True),
        sa.Column("added_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "band_releases",
        sa.Column("id", sa.Uuid, primary_key=True),
        _key("band_id", "bands.id"),
        _user(index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("cover_sha256", sa.Text),
        sa.Column("released_at", _INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('single', 'ep', 'album')", name="kind"),
    )
    op.create_index("ix_band_releases_band_id_id", "band_releases", ["band_id", "id"])
    op.create_table(
        "band_release_tracks",
        _key("release_id", "band_releases.id", primary_key=True),
        _key("track_id", "band_tracks.track_id", primary_key=True, index=True),
        _user(index=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "band_follows",
        _user(primary_key=True),
        _key("band_id", "bands.id", primary_key=True, index=True),
        sa.Column("followed_at", _INSTANT, nullable=False),
    )


def _make_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("data", postgresql.JSONB, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("read_at", _INSTANT),
        sa.UniqueConstraint("user_id", "kind", "subject_id"),
    )
    op.create_index("ix_notifications_user_id_id", "notifications", ["user_id", "id"])
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(index=True),
        sa.Column("endpoint", sa.Text, nullable=False, unique=True),
        sa.Column("p256dh", sa.Text, nullable=False),
        sa.Column("auth", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "push_deliveries",
        _key("notification_id", "notifications.id", primary_key=True),
        _key("subscription_id", "push_subscriptions.id", primary_key=True, index=True),
        _user(index=True),
        sa.Column("sent_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "push_keys",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("id = 1", name="only_one"),
    )


def _user(**how: bool) -> sa.Column[object]:
    return _key("user_id", "users.id", **how)


def _key(name: str, target: str, **how: bool) -> sa.Column[object]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.Uuid, key, nullable=False, **how)
