from __future__ import annotations

from pathlib import Path

from mmseg_nrd.apps.compare.comparison import Entry
from mmseg_nrd.apps.compare.report import summarise
from mmseg_nrd.apps.compare.training import Outcome
from mmseg_nrd.apps.cost.counting import Cost
from mmseg_nrd.apps.cost.timing import Timing


def entry(name: str, head: int, seconds: float, **mious) -> Entry:
    outcomes = {budget: [Outcome(miou, 1., [], Path()) for miou in values]
                for budget, values in mious.items()}
    return Entry(name, Cost(10, 100, 5, head), Timing(seconds, 0., 3), outcomes=outcomes)


def test_the_first_is_compared_with_each_other():
    text = summarise([entry('nrd_r18', 20, 1., iters=[30., 32.], time=[31.]),
                      entry('fcn_r18', 80, 4., iters=[31., 32.], time=[21.]),
                      entry('psp_r18', 10, .5, iters=[29., 29.], time=[30.5])])
    assert text.splitlines() == [
        "nrd against fcn: -0.50 ± 1.58 mIoU at equal iterations (within the seeds' spread), "
        '+10.00 mIoU at equal training time (one seed: spread unknown); '
        "0.25 of its decode head's multiply-adds, 0.25 of its seconds an iteration.",
        'nrd against psp: +2.00 ± 1.41 mIoU at equal iterations, '
        '+0.50 mIoU at equal training time (one seed: spread unknown); '
        "2.00 of its decode head's multiply-adds, 2.00 of its seconds an iteration."]


def test_one_config_alone_has_nothing_to_be_compared_with():
    assert summarise([entry('nrd_r18', 20, 1., iters=[30.])]) == ''
