"""What Alembic runs: the missing steps, over the connection that sync.server.upgrade hands in, in its transaction."""

from alembic import context  # noqa: TID253 - only Alembic runs this

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
