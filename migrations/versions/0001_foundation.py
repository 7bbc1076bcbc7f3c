"""Extensions, the role that users' sessions take, and the function that says who the user is."""

from alembic import op

revision: str = "0001_foundation"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

EXTENSIONS = ("vector", "pg_trgm", "unaccent", "citext")

# The role belongs to the whole server: another database may have made it, or be making it now. Who may not grant it
# has been granted it by the server's administrator.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'segue_user') THEN
        BEGIN
            CREATE ROLE segue_user NOLOGIN NOINHERIT;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'segue_user' AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'segue_user can bypass row-level security: ALTER ROLE segue_user NOSUPERUSER NOBYPASSRLS';
    END IF;
    BEGIN
        GRANT segue_user TO CURRENT_USER;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL;
    END;
END
$$
"""

CURRENT_USER_FUNCTION = """
CREATE FUNCTION segue_current_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('segue.user_id', true), '')::uuid
"""


def upgrade() -> None:
    """Make what every later migration stands on."""
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.execute(ROLE)
    op.execute(CURRENT_USER_FUNCTION)
    op.execute("GRANT USAGE ON SCHEMA public TO segue_user")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO segue_user")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO segue_user")


def downgrade() -> None:
    """Take it back; the role and the extensions stay, as others on this server may use them."""
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM segue_user")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM segue_user")
    op.execute("REVOKE USAGE ON SCHEMA public FROM segue_user")
    op.execute("DROP FUNCTION segue_current_user()")
