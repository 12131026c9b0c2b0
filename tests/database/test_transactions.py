"""Transactions: what a process finds when another one is busy with the same new database."""

import sqlite3
import threading
from pathlib import Path

from sqlalchemy import text

from portal_app.database.transactions import Database


def test_a_new_file_is_opened_although_another_process_is_writing_its_first_tables(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "portal.db", isolation_level=None, check_same_thread=False)
    writer.execute("CREATE TABLE letter (id INTEGER)")
    writer.execute("BEGIN IMMEDIATE")
    end_of_writing = threading.Timer(0.2, writer.execute, ["COMMIT"])
    end_of_writing.start()

    database = Database(f"sqlite:///{tmp_path / 'portal.db'}")
    with database.reading() as db:
        mode = db.connection().execute(text("PRAGMA journal_mode")).scalar_one()

    end_of_writing.join()
    writer.close()
    database.close()
    assert mode == "wal"
