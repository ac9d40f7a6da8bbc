"""`Instrument`: what was asked, of whom, and what the items are meant to measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cgsurvey.base.errors import InstrumentError, OptionError, did_you_mean, hint, some
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.instrument.check import Problem, problems
from cgsurvey.instrument.parts import Construct, Item, Proposal, Question, Roles, Scale, Scoring, Words, in_language
from cgsurvey.instrument.writing import write_model

if TYPE_CHECKING:
    import pandas as pd

ScaleLike = Scale | tuple[int, int]


@dataclass(frozen=True, repr=False)
class Instrument:
    """A questionnaire with its constructs; equal by value, picklable, checked when it is made.

    Read one with `cgsurvey.load_instrument`, or make a throw-away one with `Instrument.from_items`.

    Attributes
    ----------
    id, version : str
    title, description : mapping
        Words per language.
    items : tuple of Item
        In the order of the questionnaire, attention checks included.
    constructs : tuple of Construct
        Top level; a dimension holds its elements.
    languages : tuple of str
    default_language : str
    demographics : tuple of Question
        Questions that are no scale items.
    roles : Roles, optional
        Which column says who the respondent is.
    proposals : tuple of Proposal
        Models that the instrument proposes, with hypotheses.
    scoring : tuple of Scoring
        Official ways to score it.
    status : {"draft", "piloted", "validated", ""}
        "draft": not yet tested in the field. "": nothing is said, as of a user's own questionnaire.
    citation, doi, licence : str
    references : tuple of str
        Keys of the sources it draws on (`base/references.yaml`), or free text.
    remarks : tuple of Note
        What its reader left out or assumed; no part of what makes instruments equal.

    Raises
    ------
    InstrumentError
        When the parts do not fit together; all problems are listed.
    """

    id: str
    items: tuple[Item, ...]
    constructs: tuple[Construct, ...] = ()
    version: str = "0.1.0"
    title: Words = field(default_factory=dict)
    description: Words = field(default_factory=dict)
    languages: tuple[str, ...] = ("en",)
    default_language: str = "en"
    demographics: tuple[Question, ...] = ()
    roles: Roles | None = None
    proposals: tuple[Proposal, ...] = ()
    scoring: tuple[Scoring, ...] = ()
    status: Literal["draft", "piloted", "validated", ""] = "draft"
    citation: str = ""
    doi: str = ""
    licence: str = ""
    references: tuple[str, ...] = ()
    remarks: tuple[Note, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        found = problems(self)
        if found:
            raise InstrumentError(tell(f"instrument '{self.id}'", [str(p) for p in found]))

    # ---- making ------------------------------------------------------------------------------------------------

    @classmethod
    def from_file(cls, path: str | Path) -> Instrument:
        """Read an instrument file (YAML).

        Raises
        ------
        InstrumentError
            With all problems of the file and of those that it includes: line, place, remedy.
        """
        from cgsurvey.instrument.files import read_instrument

        return read_instrument(Path(path))

    @classmethod
    def from_items(
        cls,
        constructs: Mapping[str, Sequence[str] | Mapping[str, str]],
        *,
        id: str = "instrument",
        title: str = "",
        scale: ScaleLike | Mapping[str, ScaleLike] = (1, 5),
        labels: Mapping[str, str] | None = None,
        reverse: Iterable[str] = (),
        language: str = "en",
    ) -> Instrument:
        """Make an instrument from the names of its items, for data whose questionnaire is not in the bank.

        Parameters
        ----------
        constructs : mapping
            Construct to its items: names, or names with their wording.
        id, title : str
        scale : (int, int) or Scale, or a mapping of construct or item to one
            Lowest and highest answer, both included. An item's own scale goes before that of its construct.
        labels : mapping of str to str, optional
            Words for constructs and items; a name without words stands for itself.
        reverse : iterable of str
            Items that speak against their construct.
        language : str
            Language of the words.

        Examples
        --------
        >>> import cgsurvey as cg
        >>> constructs = {"usefulness": ["x1", "x2", "x3"], "reuse": ["y3", "y4"]}
        >>> kiosk = cg.Instrument.from_items(constructs, scale={"usefulness": (1, 7), "reuse": (1, 5)})
        >>> print(kiosk.model("first_order"))
        usefulness =~ x1 + x2 + x3
        reuse =~ y3 + y4
        <BLANKLINE>
        """
        words = {str(k): v for k, v in (labels or {}).items()}
        turned = [reverse] if isinstance(reverse, str) else list(reverse)
        names = [str(i) for block in constructs.values() for i in block]
        scales = scale if isinstance(scale, Mapping) else {}
        faults = [
            f"{c!r} holds the text {b!r} where a list of items belongs"
            for c, b in constructs.items()
            if isinstance(b, str)
        ]
        known = [*constructs, *names]
        for what, given, allowed in (("labels", words, known), ("reverse", turned, names), ("scale", scales, known)):
            faults += [
                f"{what} names {n!r}, which is not there.{did_you_mean(n, allowed)}" for n in given if n not in allowed
            ]
        if isinstance(scale, Mapping):
            faults += [
                f"scale says nothing about {i!r}"
                for c, block in constructs.items()
                for i in block
                if i not in scale and c not in scale
            ]
        if faults:
            raise OptionError("the instrument cannot be made: " + "; ".join(faults) + ".")
        items, tops = [], []
        for construct, block in constructs.items():
            own = block if isinstance(block, Mapping) else {}
            for name in map(str, block):
                which = (scales.get(name) or scales[construct]) if isinstance(scale, Mapping) else scale
                made = which if isinstance(which, Scale) else Scale.between(*which)
                wording = own.get(name) or words.get(name) or name
                items.append(Item(name, made, {language: wording}, reverse=name in turned, block=id))
            tops.append(Construct(construct, {language: words.get(construct, construct)}, items=tuple(map(str, block))))
        return cls(
            id,
            tuple(items),
            tuple(tops),
            title={language: title or id},
            languages=(language,),
            default_language=language,
            status="",
        )

    def to_yaml(self, path: str | Path | None = None) -> str:
        """Return the text of an instrument file that needs no other file; write it where `path` is given."""
        from cgsurvey.instrument.dumping import dump_instrument

        text = dump_instrument(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_xlsform(cls, path: str | Path, *, language: str = "en") -> Instrument:
        """Read a form for KoboToolbox or ODK (XLSForm, .xlsx or .xls), made by `to_xlsform` or by anybody.

        A form of `to_xlsform` comes back equal, with what was changed in its sheets since. Of another form, rated
        statements become items (see Notes) and all else that is asked becomes a question.

        Parameters
        ----------
        path : str or Path
        language : str, default "en"
            Language of labels whose header names none (``label``).

        Returns
        -------
        Instrument
            Hints, relevance and constraints are kept. Its `remarks` name everything that was left out (notes,
            calculations, media, repeats, choice filters) by sheet and row, renamed or assumed.

        Raises
        ------
        InstrumentError
            When the file is no form, would fill the memory, or its parts do not fit together: row, place, remedy.

        Notes
        -----
        A question with one choice is an item where the column ``construct`` names its construct, where its appearance
        is ``likert``, or where it stands in a ``table-list``, and its choices have numbers (column ``score``, or their
        names). Items without a named construct measure that of their group.
        """
        from cgsurvey.instrument.xlsform_reading import read_xlsform

        return read_xlsform(Path(path), language)

    def to_xlsform(self, path: str | Path) -> Path:
        """Write the questionnaire as a form for KoboToolbox or ODK (XLSForm).

        Parameters
        ----------
        path : str or Path
            A workbook to be written, .xlsx.

        Returns
        -------
        Path
            The sheets are ``survey``, ``choices``, ``settings`` and ``cgsurvey``; the last keeps what XLSForm has no
            place for (aliases, models, scoring), so that `from_xlsform` reads an equal instrument.

        Raises
        ------
        InstrumentError
            When a wording cannot stand in a form.
        """
        from cgsurvey.instrument.xlsform import write_xlsform

        return write_xlsform(self, Path(path))

    # ---- asking ------------------------------------------------------------------------------------------------

    @cached_property
    def _items(self) -> Mapping[str, Item]:
        return {i.name: i for i in self.items}

    @cached_property
    def _constructs(self) -> Mapping[str, Construct]:
        return {c.id: c for top in self.constructs for c in top.walk()}

    def item(self, name: str) -> Item:
        """Return the item (or attention check) of that name; InstrumentError names the nearest where there is none."""
        if name not in self._items:
            raise InstrumentError(f"instrument '{self.id}' has no item '{name}'.{did_you_mean(name, self._items)}")
        return self._items[name]

    def construct(self, id: str) -> Construct:
        """Return the construct of that id, at any level; InstrumentError names the nearest where there is none."""
        if id not in self._constructs:
            near = hint(id, self._constructs)
            raise InstrumentError.of("instrument.no_such_construct", instrument=self.id, name=id, hint=near)
        return self._constructs[id]

    @property
    def item_names(self) -> tuple[str, ...]:
        """Names of the scale items, without attention checks, in the order of the questionnaire."""
        return tuple(i.name for i in self.items if i.role == "item")

    @property
    def attention_checks(self) -> tuple[str, ...]:
        """Names of the attention checks."""
        return tuple(i.name for i in self.items if i.role == "attention_check")

    @property
    def leaf_constructs(self) -> tuple[Construct, ...]:
        """The constructs that have items, in order."""
        return tuple(leaf for top in self.constructs for leaf in top.leaves)

    @property
    def composites(self) -> Mapping[str, tuple[str, ...]]:
        """Composite constructs and their items; composites within composites are not repeated."""
        out: dict[str, tuple[str, ...]] = {}
        inner: set[str] = set()
        for construct in self._constructs.values():
            if construct.kind == "composite" and construct.id not in inner:
                out[construct.id] = construct.all_items
                inner |= {c.id for c in construct.walk()}
        return out

    @property
    def scales(self) -> Mapping[str, Scale]:
        """The scales of items and questions by name, in order of first use."""
        used = [i.scale for i in self.items] + [q.scale for q in self.demographics if q.scale is not None]
        return {s.name: s for s in used}

    @cached_property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """Words per language for every construct, item and question."""
        named = {c.id: c.label for c in self._constructs.values()}
        return named | {i.name: i.label for i in self.items} | {q.name: q.label for q in self.demographics}

    @property
    def hypotheses(self) -> Mapping[str, str]:
        """The hypotheses of all proposed models, by name."""
        return {name: text for p in self.proposals for name, text in p.hypotheses.items()}

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """The proposed models, written out, by name."""
        return {p.name: self.model(p.name) for p in self.proposals}

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the reader of results must know of the instrument."""
        drafted = (note("instrument.not_field_tested", instrument=self.id),) if self.status == "draft" else ()
        return (*drafted, *self.remarks)

    def asked_of(self, role: str, *, checks: bool = False) -> tuple[str, ...]:
        """Return the names of the items that a respondent is asked.

        Parameters
        ----------
        role : str
            "partner", "user", or a value of the column that `roles` names, e.g. "civil".
        checks : bool, default False
            Include attention checks.

        Raises
        ------
        InstrumentError
            When the role is unknown.
        """
        roles = (self.roles or Roles("")).of(role)
        if not roles:
            known = ["partner", "user", *(self.roles.partner + self.roles.user if self.roles else ())]
            raise InstrumentError(
                f"instrument '{self.id}' knows no role '{role}'.{did_you_mean(role, known)} Known: {some(known, 20)}."
            )
        return tuple(
            i.name
            for i in self.items
            if (checks or i.role == "item") and (i.respondent is None or i.respondent in roles)
        )

    def model(
        self,
        name: str = "second_order",
        *,
        paths: str | Iterable[str] | None = None,
        constructs: str | Sequence[str] | None = None,
        reflective: str | Sequence[str] = (),
        variances: Mapping[str, float] | None = None,
    ) -> Model:
        """Write a model in lavaan syntax.

        Parameters
        ----------
        name : str
            A model that the instrument proposes ("M1", "six_factor"; "structural" for the first with hypotheses), or a
            kind: "second_order" (elements measure dimensions), "first_order" (all elements, correlated), "direct" (one
            factor per construct, measured by all its items), "one_factor", "bifactor" (a general factor and specific
            ones, uncorrelated).
        paths : str or list of str, optional
            Structural paths (or any further syntax) to add, e.g. ``"service_quality ~ shared_motivation"``.
        constructs : str or list of str, optional
            Constructs to measure. Default: those that the paths name, else all reflective ones of the top level.
        reflective : str or list of str
            Composites to be treated as factors all the same.
        variances : mapping of str to float, optional
            Sample variance of items (divisor n); with it a construct of a single item takes its stated reliability into
            account: residual variance (1 - reliability) x variance (Bollen, 1989).

        Returns
        -------
        Model
            The syntax, with the words of all variables used. A composite that a path names stands as an observed
            variable: the mean of its items, which `cgsurvey.score` computes.

        Raises
        ------
        OptionError
            For an unknown model or construct.
        ModelError
            When a composite is asked for as a factor, or a path names a construct that is no factor of the model.
        """
        return write_model(self, name, paths=paths, constructs=constructs, reflective=reflective, variances=variances)

    # ---- showing -----------------------------------------------------------------------------------------------

    def describe(self, language: str | None = None) -> pd.DataFrame:
        """Return one row per item: its wording, what it measures, how it is scored, where it comes from.

        Returns
        -------
        DataFrame
            Columns ``item wording construct dimension scale reverse respondent source``, constructs in words.
        """
        import pandas as pd

        spoken = language or self.default_language
        place = {i: (leaf, top) for top in self.constructs for leaf in top.leaves for i in leaf.items}
        rows = []
        for item in self.items:
            leaf, top = place.get(item.name, (None, None))
            scored = f"{item.scale.min:g}-{item.scale.max:g}"
            rows.append(
                {
                    "item": item.name,
                    "wording": in_language(item.label, spoken, self.default_language),
                    "construct": in_language(leaf.label, spoken, self.default_language) if leaf else "",
                    "dimension": in_language(top.label, spoken, self.default_language) if top else "",
                    "scale": f"{item.scale.name} ({scored})",
                    "reverse": item.reverse,
                    "respondent": item.respondent or "",
                    "source": "; ".join(map(_cited, item.sources)),
                }
            )
        return pd.DataFrame(
            rows, columns=["item", "wording", "construct", "dimension", "scale", "reverse", "respondent", "source"]
        )

    def __repr__(self) -> str:
        size = f"{len(self.item_names)} items, {len(self.leaf_constructs)} constructs"
        return f"<Instrument {self.id} {self.version}: {size}>"

    def _repr_html_(self) -> str:
        title = escape(in_language(self.title, self.default_language) or self.id)
        facts = f"{self.id} {self.version}, {self.status}, {len(self.item_names)} items, {', '.join(self.languages)}"
        notes = "".join(f"<p><em>{escape(n.render(self.default_language))}</em></p>" for n in self.notes)
        table = self.describe().to_html(index=False, border=0)
        return f"<div><strong>{title}</strong><p>{escape(facts)}</p>{notes}{table}</div>"

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what is derived is derived again."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def tell(what: str, found: Sequence[str]) -> str:
    """Return one message for all problems of an instrument."""
    if len(found) == 1:
        return f"{what} cannot be used: {found[0]}"
    return f"{what} has {len(found)} problems:\n" + "\n".join(f"  - {f}" for f in found)


def _cited(key: str) -> str:
    from cgsurvey.base.references import reference

    try:
        return reference(key).short
    except KeyError:
        return key


def unchecked(**values: Any) -> Instrument:
    """Make an instrument whose parts are still to be checked; a reader checks them together with its own findings."""
    made = object.__new__(Instrument)
    defaults = {f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(Instrument)}
    for name, value in (defaults | values).items():
        object.__setattr__(made, name, value)
    return made


__all__ = ["Instrument", "Problem", "tell", "unchecked"]
