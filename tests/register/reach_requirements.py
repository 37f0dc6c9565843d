"""Requirements with their counts, and what a change of them would do."""

from collections.abc import Iterator

from lms.base.access import Permission
from lms.register.requirement_effects import effects
from lms.register.requirement_list import requirement, requirements
from lms.register.requirements import Terms, effects_of_ending, effects_of_setting, effects_of_setting_all
from tests.register import reach_naive as naive
from tests.register.reach_facts import (
    ALEN,
    BY_KEY,
    CRITICAL,
    EKEN,
    EVERYBODYS,
    EVERYWHERE,
    GIVEN,
    NORTH,
    PROPOSED,
    SOUTH,
    TODAY,
    is_below,
)
from tests.register.reach_table import NOT_THERE, Asker, Case, in_order, lists


@lists(Permission.SEE_REGISTER, requirements, requirement)
def requirements_with_counts(who: Asker) -> Iterator[Case]:
    may_change = who.town.nodes(who.name, Permission.SET_REQUIREMENT)
    for path, said in (
        (None, (EVERYBODYS, CRITICAL)),
        (EKEN, (EVERYBODYS, CRITICAL)),
        (SOUTH, (EVERYBODYS,)),
    ):
        found = [row for row in who.rows if is_below(row.post.unit, path or EVERYWHERE)]
        should = []
        for course in said:
            of = [row for row in found if row.course == course and row.state != "exempt"]
            where = EVERYWHERE if course == EVERYBODYS else NORTH
            speaks = any(is_below(where, node) for node in may_change)
            known = {row.key for row in of if row.state in naive.KNOWN}
            should.append((course, len({row.key for row in of}), len(known), speaks))

        def ask(ctx, path=path):
            views = requirements(ctx, who.town.units[path] if path else None)
            return in_order((view.course, view.people, view.known, view.may_change) for view in views)

        yield f"{path}", ask, in_order(should)
    rule = who.town.rules[CRITICAL]
    yield "one", lambda ctx: [view.course for view in requirement(ctx, rule)], [CRITICAL]
    yield "other employer", lambda ctx: requirement(ctx, who.other.rules[CRITICAL]), NOT_THERE


@lists(
    Permission.SET_REQUIREMENT, effects, effects_of_setting, effects_of_setting_all, effects_of_ending
)  # fmt: skip
def what_a_requirement_would_do(who: Asker) -> Iterator[Case]:
    posts = naive.at_work(who.nodes)
    if naive.reaches(who.nodes, ALEN):
        posts["soon"] = list(BY_KEY["soon"].posts)  # who is to begin is asked, too
    let_off = {to for _by, to, course, _node in naive.dispensations() if course == PROPOSED}

    def concerned(found):
        return in_order((each.person_id, each.name, each.unit) for some in found.lists for each in some)

    for path in (EVERYWHERE, NORTH, SOUTH, EKEN):
        terms = Terms(PROPOSED, "Lag", "SFS", 5, who.town.units.get(path))
        keys = [key for key, held in posts.items() if any(is_below(post.unit, path) for post in held)]
        speaks = any(is_below(path, node) for node in who.nodes)
        yield (
            f"{path}",
            lambda ctx, terms=terms: concerned(effects_of_setting(ctx, terms, valid_from=TODAY)),
            in_order((who.person(key), *hidden(key, who, posts, path)) for key in keys if key not in let_off)
            if speaks
            else NOT_THERE,
        )
        several = [terms, Terms(GIVEN, "Lag", "SFS", 5, who.town.units.get(path))]
        yield (
            f"several {path}",
            lambda ctx, several=several: {
                course: len(concerned(found)) + found.unchanged
                for course, found in effects_of_setting_all(ctx, several, valid_from=TODAY).items()
            },
            {PROPOSED: len(keys), GIVEN: len({*keys, *given_to(posts)})} if speaks else NOT_THERE,
        )
    for course, where in ((EVERYBODYS, EVERYWHERE), (CRITICAL, NORTH)):
        keys = {row.key for row in who.rows if row.course == course}
        if course == EVERYBODYS and "soon" in posts:
            keys |= {"soon"}
        rule, speaks = who.town.rules[course], any(is_below(where, node) for node in who.nodes)
        yield (
            f"end {course}",
            lambda ctx, rule=rule: (
                len(concerned(found := effects_of_ending(ctx, rule, last_day=TODAY))) + found.unchanged
            ),
            len(keys) if speaks else NOT_THERE,
        )
    yield (
        "other employer",
        lambda ctx: effects_of_ending(ctx, who.other.rules[EVERYBODYS], last_day=TODAY),
        NOT_THERE,
    )


def hidden(key: str, who: Asker, posts, path: str = EVERYWHERE) -> tuple[str, str]:
    """Name and unit as a dry run says them: of the first of the posts that are asked."""
    if BY_KEY[key].protected:
        return "", ""
    post = next(post for post in posts[key] if is_below(post.unit, path))
    return naive.name(key), who.town.units[post.unit].name


def given_to(posts) -> set[str]:
    """To whom a lead has given a course in one of some posts."""
    return {
        key for key, held in posts.items() if any(GIVEN in naive.asked(BY_KEY[key], post, 0) for post in held)
    }
