"""What users take with them of what they were told, and of where it was pushed."""

from segue.accounts.notifications.tables import Notification, PushDelivery, PushSubscription
from segue.kit.exporting import Part, rows_part

PARTS: tuple[Part, ...] = (
    rows_part(Notification, "account/notifications.jsonl"),
    # Whoever knows these addresses and keys could push to the browser.
    rows_part(PushSubscription, "account/push-subscriptions.jsonl", leave_out=("endpoint", "p256dh", "auth")),
    rows_part(PushDelivery, "account/pushed.jsonl"),
)
