"""The library: people, their visits, recordings and what was found in them, in one folder. Every change is one
transaction. Reading whole pages of numbers is tables.py's job, copying and erasing keeping.py's.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file, write_refusal
from bartracker.history import people
from bartracker.history.corrections import edits_of_source, edits_text, others_of, put_edits
from bartracker.history.database import Database, DatabaseSettings
from bartracker.history.file_copy import copied, sha256_of
from bartracker.history.notes import put_note
from bartracker.history.places import DATABASE, recording_file, usual_folder
from bartracker.history.rows import put_analysis, stored_analysis
from bartracker.history.session_time import SESSION_GAP_S, clock_set_back, recording_time
from bartracker.history.values import Added, Analysed, Athlete
from bartracker.recording.recording import Recording
from bartracker.results import Analysis, RepSet
from bartracker.session_edits import Edit


class Library:
    """An open library. Use it in a `with` block; several processes may have it open at once."""

    def __init__(
        self,
        folder: Path | None = None,
        settings: DatabaseSettings | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Open the library in `folder` (None: the user's own), made if need be. Raises BartrackerError."""
        self.folder = folder if folder is not None else usual_folder()
        self.database = Database(self.folder / DATABASE, settings)
        self.now_s = now_s

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()

    def now_utc(self) -> str:
        """The computer's time as it is written into the library."""
        return datetime.fromtimestamp(self.now_s(), UTC).isoformat(timespec="seconds")

    def athletes(self) -> list[Athlete]:
        """Everyone, by name."""
        with self.database.reading() as connection:
            return people.everyone(connection)

    def athlete(self, given: str) -> Athlete:
        """The one person of that name, or with that number ("#3").

        Raises:
            BartrackerError: there is nobody, or more than one.
        """
        with self.database.reading() as connection:
            return people.one(connection, given)

    def add_athlete(self, name: str) -> Athlete:
        """A new person, whatever others are called. Raises BartrackerError."""
        with self.database.writing() as connection:
            number = people.add(connection, name, self.now_utc())
        return self.athlete(f"#{number}")

    def add_recording(
        self,
        path: Path,
        athlete: str | None = None,
        exercise: str | None = None,
        load_kg: float | None = None,
        at_s: float | None = None,
        edits: tuple[Edit, ...] | None = None,
    ) -> Added:
        """Keep a recording and what is found in it; nothing is done where its content is in the library already, but
        that corrections which differ from those it was kept with take their place.

        Args:
            path: of any format `bartracker.read` reads; it is copied.
            athlete: name or number; None takes the recording's own.
            exercise, load_kg: what the user says of it; kept, so that a new analysis knows it too.
            at_s: when it was made, s since 1970; None takes the recording's own time.
            edits: a person's corrections, kept too; None: none are known.

        Raises:
            BartrackerError: naming the file or the library; then nothing was changed.
        """
        # The pipeline is slow to load; a page needs none of it.
        from bartracker.exchange.reading import read
        from bartracker.history.analysing import analyse

        sha256 = sha256_of(checked_file(path))
        with self.database.reading() as connection:
            twin = self._twin(connection, sha256)
            kept = () if twin is None else edits_of_source(connection, twin.source_id)
        if twin is not None:
            return twin if edits is None or edits == kept else self._correct(twin, edits)
        recording = read(path)
        name = athlete if athlete is not None else recording.metadata.athlete
        if not name:
            raise BartrackerError(str(path), "does not say who lifted", "name the athlete with --athlete")
        analysed = analyse(recording, exercise, load_kg, edits or ())
        return self.put_recording(path, sha256, recording, analysed, name, exercise, load_kg, at_s)

    def put_recording(
        self,
        path: Path,
        sha256: str,
        recording: Recording,
        analysed: Analysed,
        athlete: str,
        exercise: str | None = None,
        load_kg: float | None = None,
        at_s: float | None = None,
    ) -> Added:
        """The writing half of `add_recording`: one transaction with the file's copy."""
        started = recording_time(recording, at_s, path.stat().st_mtime, self.now_s())
        kept = recording_file(sha256, path.suffix.lower())
        made: Path | None = None
        try:
            with self.database.writing() as connection:
                twin = self._twin(connection, sha256)
                if twin is not None:
                    return twin
                remarks = [*started.remarks, *clock_set_back(connection, self.now_s())]
                athlete_id, new = people.one_or_new(connection, athlete, self.now_utc())
                if new:
                    remarks.append(f"new athlete {athlete} (#{athlete_id})")
                session_id = self._session_at(connection, athlete_id, started.at_s, started.doubt)
                made = copied(path, self.folder / kept)
                source_id = self._put_source(
                    connection,
                    athlete_id=athlete_id,
                    session_id=session_id,
                    kind="recording",
                    sha256=sha256,
                    name=path.name,
                    file=kept,
                    bytes=path.stat().st_size,
                    started_s=started.at_s,
                    sensor_id=_sensor(connection, recording),
                    told_exercise=exercise,
                    told_load_kg=load_kg,
                    edits=edits_text(analysed.edits),
                )
                remarks += self.put_numbers(connection, source_id, analysed)
        except BaseException as error:
            if made is not None:
                made.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise write_refusal(str(self.folder / kept), error) from None
            raise
        sets = analysed.analysis.sets
        return Added(
            source_id,
            (session_id,),
            self.athlete(f"#{athlete_id}"),
            len(sets),
            sum(len(rep_set.reps) for rep_set in sets),
            remarks=(*remarks, *analysed.analysis.notices),
        )

    def put_table(
        self,
        path: Path,
        sha256: str,
        athlete: str,
        made_by: str,
        starts_s: Sequence[float],
        put_sets: Callable[[sqlite3.Connection, int, int, dict[float, int]], tuple[int, int]],
    ) -> Added:
        """Add another device's table in one transaction; `put_sets` writes its sets into the sessions that began at
        `starts_s` and says how many sets and reps there were.
        """
        with self.database.writing() as connection:
            twin = self._twin(connection, sha256)
            if twin is not None:
                return twin
            remarks = list(clock_set_back(connection, self.now_s()))
            athlete_id, new = people.one_or_new(connection, athlete, self.now_utc())
            if new:
                remarks.append(f"new athlete {athlete} (#{athlete_id})")
            source_id = self._put_source(
                connection,
                athlete_id=athlete_id,
                kind="table",
                sha256=sha256,
                name=path.name,
                bytes=path.stat().st_size,
                started_s=starts_s[0],
            )
            row = connection.execute(
                "INSERT INTO analysis (source_id, made_by, made_utc, sample_rate_hz, gaps, notices) "
                "VALUES (?, ?, ?, 0.0, '[]', '[]') RETURNING id",
                (source_id, made_by, self.now_utc()),
            ).fetchone()
            sessions = {at_s: self._session_at(connection, athlete_id, at_s, "") for at_s in starts_s}
            sets, reps = put_sets(connection, int(row[0]), athlete_id, sessions)
        ids = tuple(dict.fromkeys(sessions.values()))
        return Added(source_id, ids, self.athlete(f"#{athlete_id}"), sets, reps, remarks=tuple(remarks))

    def put_numbers(self, connection: sqlite3.Connection, source_id: int, analysed: Analysed) -> list[str]:
        """Write an analysis with its maker in place of the one the source had. Returns remarks; raises BartrackerError
        where a set's athlete is told by the name of several.
        """
        found = analysed.analysis
        source = connection.execute("SELECT * FROM source WHERE id = ?", (source_id,)).fetchone()
        gaps = [[gap.from_s, gap.to_s, gap.lost_samples] for gap in found.gaps]
        row = connection.execute(
            "INSERT INTO analysis (source_id, made_by, made_utc, sample_rate_hz, gaps, notices) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source_id) DO UPDATE SET made_by = excluded.made_by, "
            "made_utc = excluded.made_utc, sample_rate_hz = excluded.sample_rate_hz, gaps = excluded.gaps, "
            "notices = excluded.notices RETURNING id",
            (
                source_id,
                analysed.made_by,
                self.now_utc(),
                found.sample_rate_hz,
                json.dumps(gaps),
                json.dumps(found.notices),
            ),
        ).fetchone()
        others = others_of(connection, found, lambda name: people.one_or_new(connection, name, self.now_utc())[0])
        owner = source["athlete_id"]
        sessions = {
            athlete: self._session_at(connection, athlete, source["started_s"], "")
            for athlete in others.values()
            if athlete not in (owner, None)
        }
        sessions[owner] = source["session_id"]

        def place_of(one: RepSet) -> tuple[int, int] | None:
            athlete = owner if one.athlete is None else others[one.athlete]
            return None if athlete is None else (athlete, sessions[athlete])

        put_analysis(connection, int(row[0]), analysed, started_s=source["started_s"], place_of=place_of)
        connection.execute(
            "DELETE FROM session WHERE id NOT IN (SELECT session_id FROM lift_set) AND id NOT IN (SELECT session_id "
            "FROM source WHERE session_id NOTNULL) AND id NOT IN (SELECT session_id FROM note)"
        )
        named = [each.athlete for each in found.sets if each.athlete is not None]
        counted = Counter(name for name in named if others[name] not in (owner, None))
        return [f"{count} of its sets {'is' if count == 1 else 'are'} {name}'s" for name, count in counted.items()]

    def _correct(self, twin: Added, edits: tuple[Edit, ...]) -> Added:
        """Make the numbers of a kept recording anew with other corrections."""
        from bartracker.exchange.reading import read
        from bartracker.history.analysing import analyse

        with self.database.reading() as connection:
            source = connection.execute("SELECT * FROM source WHERE id = ?", (twin.source_id,)).fetchone()
        recording = read(self.folder / source["file"])
        analysed = analyse(recording, source["told_exercise"], source["told_load_kg"], edits)
        with self.database.writing() as connection:
            put_edits(connection, twin.source_id, edits)
            remarks = self.put_numbers(connection, twin.source_id, analysed)
        sets = analysed.analysis.sets
        reps = sum(len(each.reps) for each in sets)
        return replace(twin, sets=len(sets), reps=reps, remarks=tuple(remarks), corrected=True)

    def analysis(self, source_id: int) -> Analysis:
        """What was found in a source."""
        with self.database.reading() as connection:
            return stored_analysis(connection, source_id)

    def note(self, session_id: int, kind: str, value: str, set_number: int | None = None) -> None:
        """Note something of a visit, or of one of its sets (counted from 1): a number of NOTE_KINDS, else a text.

        A number noted again replaces the one before. Raises BartrackerError.
        """
        with self.database.writing() as connection:
            put_note(connection, session_id, kind, value, set_number, self.now_utc())

    def set_own_mvt(self, athlete_id: int, exercise: str, mvt_mps: float) -> None:
        """Keep a lifter's own minimal velocity threshold of a lift, m/s."""
        with self.database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO own_mvt (athlete_id, exercise, mvt_mps) VALUES (?, ?, ?)",
                (athlete_id, exercise, mvt_mps),
            )

    def plan_week(self, athlete_id: int, exercise: str, week_start: str, load_kg: float, reps: int) -> None:
        """Plan a week (its Monday, YYYY-MM-DD): the heaviest load and the full reps of a lift."""
        with self.database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO planned_week (athlete_id, exercise, week_start, load_kg, reps) "
                "VALUES (?, ?, ?, ?, ?)",
                (athlete_id, exercise, week_start, load_kg, reps),
            )

    def _twin(self, connection: sqlite3.Connection, sha256: str) -> Added | None:
        row = connection.execute("SELECT * FROM source WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            return None
        person = people.one(connection, f"#{row['athlete_id']}")
        when = datetime.fromtimestamp(row["started_s"], UTC).date().isoformat()
        sessions = () if row["session_id"] is None else (row["session_id"],)
        return Added(row["id"], sessions, person, 0, 0, twin=f"{row['name']} of {person.name}, {when}")

    def _session_at(self, connection: sqlite3.Connection, athlete_id: int, at_s: float, doubt: str) -> int:
        """The visit that a recording belongs to; a new one where none is near."""
        near = connection.execute(
            "SELECT session_id, abs(started_s - :at) AS far FROM source "
            "WHERE athlete_id = :who AND session_id IS NOT NULL "
            "AND started_s BETWEEN :at - :gap AND :at + :gap "
            "UNION ALL SELECT id, abs(started_s - :at) FROM session WHERE athlete_id = :who "
            "AND started_s BETWEEN :at - :gap AND :at + :gap ORDER BY far LIMIT 1",
            {"who": athlete_id, "at": at_s, "gap": SESSION_GAP_S},
        ).fetchone()
        if near is not None:
            connection.execute(
                "UPDATE session SET started_s = min(started_s, ?) WHERE id = ?", (at_s, near["session_id"])
            )
            return int(near["session_id"])
        row = connection.execute(
            "INSERT INTO session (athlete_id, started_s, time_doubt) VALUES (?, ?, ?) RETURNING id",
            (athlete_id, at_s, doubt),
        ).fetchone()
        return int(row[0])

    def _put_source(self, connection: sqlite3.Connection, **values: object) -> int:
        values["added_utc"] = self.now_utc()
        row = connection.execute(
            f"INSERT INTO source ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) RETURNING id",
            tuple(values.values()),
        ).fetchone()
        return int(row[0])


def _sensor(connection: sqlite3.Connection, recording: Recording) -> int | None:
    label = ", ".join(filter(None, (recording.chip, recording.metadata.source, recording.sensor_id)))
    if not label:
        return None
    connection.execute("INSERT OR IGNORE INTO sensor (label) VALUES (?)", (label,))
    return int(connection.execute("SELECT id FROM sensor WHERE label = ?", (label,)).fetchone()[0])
