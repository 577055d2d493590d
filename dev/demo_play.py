"""Inside Odoo: what ``make demo`` runs in a shell of Odoo, from an empty company to the summary."""

import datetime
import json
from pathlib import Path

from . import demo_data, demo_summary
from .demo_build import Build, make_second_company
from .demo_story import Story, known_last_day


def play(env, values):
    """Build the demo, act its story out, export the PDFs and write the summary.

    :param values: ``last_day`` (ISO date), ``days``, ``folder``
    """
    wanted = datetime.date.fromisoformat(values["last_day"])
    last_day = known_last_day(env, wanted)
    remark = ""
    if last_day < wanted:
        remark = f"The legal rates known end on {last_day}: the story is played up to that day, not up to {wanted}."
        _tell(remark)
    build = Build(env).make()
    env.cr.commit()
    _tell(f"{build.company.name}: {len(build.debtors)} debtors")
    story = Story(build, last_day, values["days"], _tell).play()
    folder = Path(values["folder"])
    exported = demo_summary.export(build.env, folder)
    summary = {
        **demo_summary.collect(build.env),
        **exported,
        "first_day": str(story.first_day),
        "last_day": str(last_day),
        "remark": remark,
        "pdf_folder": str(folder),
    }
    env.cr.commit()
    make_second_company(env)
    _tell(f"{demo_data.SECOND_COMPANY['name']}: a second company")
    (folder / "played.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")


def _tell(line):
    print(line, flush=True)
