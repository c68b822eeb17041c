"""Version 3: requests that their sender may repeat, with what came of them."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE repeats (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    incident TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, key)
)
"""


def upgrade() -> None:
    from alembic import op

    op.get_bind().exec_driver_sql(_TABLE)


def downgrade() -> None:
    """There is no way back: an older server would not know what the newer one wrote."""
    raise NotImplementedError
