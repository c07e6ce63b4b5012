"""Show what a survey of data found."""
from __future__ import annotations

from typing import Any, Dict, List

from rich.table import Table

from .survey import Survey

# Sizes that a line names; the JSON has all.
_SIZES = 5


def as_dict(survey: Survey) -> Dict[str, Any]:
    """A survey as JSON can hold it."""
    return dict(
        split=survey.split, images=survey.images, inspected=survey.inspected,
        labelled=survey.labelled, ignored_share=survey.ignored_share,
        sizes=[dict(height=height, width=width, images=count)
               for (height, width), count in survey.sizes.most_common()],
        classes=[dict(name=name, pixels=int(survey.pixels[number]),
                      images=int(survey.images_with[number]))
                 for number, name in enumerate(survey.classes)],
        errors=[vars(finding) for finding in survey.errors],
        warnings=[vars(finding) for finding in survey.warnings])


def class_table(survey: Survey) -> Table:
    """How many pixels and images each class has, and its share of the pixels not ignored."""
    table = Table(title=f'{survey.split}: classes', title_justify='left')
    table.add_column('class')
    for column in ('pixels', '%', 'images'):
        table.add_column(column, justify='right')
    total = survey.pixels[:len(survey.classes)].sum()
    for number, name in enumerate(survey.classes):
        pixels = survey.pixels[number]
        share = f'{100 * pixels / total:.3f}' if total else '-'
        table.add_row(f'{number} {name}', f'{pixels:,}', share, f'{survey.images_with[number]:,}')
    return table


def summary_lines(survey: Survey) -> List[str]:
    """Counts, sizes and every finding, a line each."""
    lines = [f'{survey.split}: {survey.inspected} of {survey.images} images looked at, '
             f'{survey.labelled} of them with labels']
    if survey.sizes:
        named = ', '.join(f'{height} x {width} ({count})' for (height, width), count
                          in survey.sizes.most_common(_SIZES))
        others = len(survey.sizes) - _SIZES
        lines.append(f'{survey.split}: height x width {named}'
                     + (f' and {others} other sizes' if others > 0 else ''))
    if survey.ignored_share is not None:
        lines.append(f'{survey.split}: {100 * survey.ignored_share:.2f} % of the pixels are '
                     f'ignored (label {survey.ignore_index})')
    for kind, findings in (('warning', survey.warnings), ('error', survey.errors)):
        lines += [f'{kind}: {finding}' for finding in findings]
    lines.append(f'{survey.split}: {len(survey.errors)} errors, {len(survey.warnings)} warnings')
    return lines
