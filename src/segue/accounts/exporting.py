"""What a user takes with them of their account: all of it but the secrets, which nobody can tell."""

from segue.accounts.player_passwords.tables import PlayerPassword
from segue.accounts.tables import ApiToken, DataExport, PrivateSession, Profile, RefreshToken, User
from segue.kit.exporting import Part, rows_part

_OF_TASTE = {"taste_vector", "preferences_profile"}

PARTS: tuple[Part, ...] = (
    rows_part(
        User,
        "account/account.jsonl",
        of=lambda user_id: User.id == user_id,
        leave_out={"password_hash"} | _OF_TASTE,
    ),
    rows_part(
        User,
        "taste/preferences.jsonl",
        of=lambda user_id: User.id == user_id,
        leave_out=set(User.__table__.c.keys()) - _OF_TASTE,
    ),
    rows_part(Profile, "account/profile.jsonl"),
    rows_part(RefreshToken, "account/sign-ins.jsonl", leave_out=("token_hash",), system=True),
    rows_part(ApiToken, "account/tokens.jsonl", leave_out=("token_hash",)),
    rows_part(PlayerPassword, "account/player-password.jsonl", leave_out=("sealed",)),
    rows_part(PrivateSession, "account/private-sessions.jsonl"),
    rows_part(DataExport, "account/exports.jsonl"),
)
