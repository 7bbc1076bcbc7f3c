"""Row-level security, the same way on every table: what migrations call after they made one.

Sessions that act for a user run under the role ``segue_user``, which owns no table and so is bound by these
policies. Migrations and system sessions run as the tables' owner, who has a policy of its own: hosted servers
give their owners no way around ``FORCE ROW LEVEL SECURITY``.
"""

from alembic import op

USER_ROLE = "segue_user"
#: In a scalar subquery, so that it is computed once a statement and not once a row.
CURRENT_USER = "(SELECT segue_current_user())"


def protect(table: str, owner: str = "user_id", public: str | None = None) -> None:
    """Let users read and change their own rows of `table` only.

    Parameters
    ----------
    table
        Its name, as in the migration.
    owner
        The column with the id of the user whose row it is; or, in parentheses, an SQL condition that is true for
        the rows that the current user owns (use `CURRENT_USER`).
    public
        An SQL condition on the row; rows for which it is true are readable by all, signed in or not.
    """
    owned = owner if owner.startswith("(") else f"{owner} = {CURRENT_USER}"
    _enable(table)
    op.execute(f"CREATE POLICY {table}_owner ON {table} FOR ALL TO {USER_ROLE} USING ({owned}) WITH CHECK ({owned})")
    if public is not None:
        op.execute(f"CREATE POLICY {table}_public ON {table} FOR SELECT TO {USER_ROLE} USING ({public})")


def system_only(table: str) -> None:
    """Keep `table` from sessions that act for a user altogether: tokens, keys, limits, upkeep."""
    _enable(table)
    op.execute(f"REVOKE ALL ON {table} FROM {USER_ROLE}")


def unprotect(table: str) -> None:
    """Undo `protect` or `system_only`; not needed before the table is dropped."""
    for policy in ("owner", "public", "system"):
        op.execute(f"DROP POLICY IF EXISTS {table}_{policy} ON {table}")
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {USER_ROLE}")


def _enable(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_system ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")
