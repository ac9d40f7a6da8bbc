"""The shape of an instrument file, as pydantic models; imported only when a file is read.

Run ``python -m cgsurvey.instrument.schema`` after a change: it writes ``instruments/schema.json``, by which editors
complete and check instrument files.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$", description="Language code, e.g. en, id")]
Text = Annotated[str, Field(min_length=1)]
Words = dict[Language, Text]
Key = Annotated[str, Field(min_length=1, description="Letters, digits and _, at most 32, a letter first")]
Respondent = Annotated[Literal["partner", "user"], Field(description="Who is asked; left out: everybody")]


class Part(BaseModel):
    """Base: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, coerce_numbers_to_str=True)


class ChoiceSpec(Part):
    """One answer."""

    score: float | None = Field(None, description="Number in analyses; leave out for answers that are no degree")
    label: Words = Field(default_factory=dict, description="What the respondent reads")
    aliases: list[Text] = Field(default_factory=list, description="Other spellings in field files")


class ScaleSpec(Part):
    """Ordered choices by name, or `range: [lowest, highest]`."""

    type: Literal["likert", "ordinal", "nominal"] = "likert"
    range: tuple[int, int] | None = Field(None, description="Whole numbers without words, e.g. [1, 7]")
    choices: dict[Text, ChoiceSpec] = Field(
        default_factory=dict, description="Name in the data -> score, label, aliases"
    )
    missing: list[Text] = Field(default_factory=list, description="Choices that mean no answer")


class AskedSpec(Part):
    """What items and questions share: how a form asks them."""

    hint: Words = Field(default_factory=dict, description="Help below the wording, per language")
    relevant: str = Field("", description="When it is asked, as XLSForm has it, e.g. ${visits} > 0")
    constraint: str = Field("", description="Which answers are accepted, as XLSForm has it, e.g. . >= 17")
    constraint_message: Words = Field(default_factory=dict, description="What is told of an answer not accepted")


class ItemSpec(AskedSpec):
    """One statement to be rated."""

    label: Words = Field(description="Wording per language")
    scale: Key | None = Field(None, description="Name of a scale; left out: the scale of the file")
    reverse: bool = Field(False, description="True when agreement speaks against the construct")
    role: Literal["item", "attention_check"] = "item"
    expected: Text | None = Field(None, description="Right choice of an attention check")
    respondent: Respondent | None = None
    element: Words | None = Field(None, description="Official heading, where there is one")
    block: Key | None = Field(None, description="Instrument in which the item was first written")
    sources: list[Text] | None = Field(None, description="Keys of references; left out: those of the file")


class ConstructSpec(Part):
    """What items measure: elements (constructs) or items."""

    label: Words = Field(default_factory=dict)
    description: Words = Field(default_factory=dict)
    kind: Literal["reflective", "composite"] | None = Field(
        None, description="Left out: that of the one above, or reflective"
    )
    respondent: Respondent | None = None
    reliability: float | None = Field(None, description="For a construct of one item: its reliability, from elsewhere")
    elements: dict[Key, ConstructSpec] = Field(default_factory=dict)
    items: list[Key] = Field(default_factory=list)


class QuestionSpec(AskedSpec):
    """A question that is no scale item."""

    label: Words
    type: Literal["one", "many", "integer", "number", "text", "date"] = "one"
    scale: Key | None = Field(None, description="Name of a scale whose choices can be ticked")
    choices: dict[Text, ChoiceSpec] = Field(default_factory=dict, description="Choices of its own")
    respondent: Respondent | None = None
    optional: bool = False
    block: Key | None = None
    ends: list[Text] = Field(default_factory=list, description="Choices after which nothing more is asked")


class IncludeSpec(Part):
    """Another instrument, as a whole or some of its items."""

    from_: Text = Field(alias="from", description="Name in the bank, or path of a file from this one")
    items: list[Key] | None = Field(None, description="Only these items; their constructs are then declared here")


class RolesSpec(Part):
    """Who the respondents are."""

    column: Key = Field(description="Question that says who the respondent is")
    partner: list[Text] = Field(default_factory=list)
    user: list[Text] = Field(default_factory=list)


class ModelSpec(Part):
    """A proposed model."""

    title: Words
    description: Words = Field(default_factory=dict)
    measurement: Text = Field("second_order", description="A kind of Instrument.model, or none")
    constructs: list[Key] = Field(default_factory=list, description="Measured beside those that the syntax names")
    syntax: str = Field("", description="Lavaan syntax: paths, higher factors, defined parameters")
    like: Key | None = Field(None, description="Model above whose measurement and syntax it shares")
    labels: dict[Key, Words] = Field(default_factory=dict, description="Words for factors that are no constructs")
    groups: list[Key] = Field(default_factory=list, description="Questions by which it is fitted in groups")
    hypotheses: dict[Key, Text] = Field(default_factory=dict, description="Name -> e.g. y ~ x > 0")
    sources: list[Text] = Field(default_factory=list)


class ScoringSpec(Part):
    """An official way to score a construct."""

    method: Text
    weight: str = ""
    factor: float = 1.0
    rounding: str = ""
    grades: dict[Text, float] = Field(default_factory=dict, description="Grade -> lower bound, best first")


class InstrumentFile(Part):
    """An instrument of cgsurvey."""

    id: Key
    version: Text
    title: Words
    description: Words = Field(default_factory=dict)
    languages: list[Language]
    default_language: Language | None = Field(None, description="Left out: the first language")
    status: Literal["draft", "piloted", "validated", ""] = Field(
        "draft", description="draft: not yet tested in the field; empty: nothing is said"
    )
    citation: str = ""
    doi: str = ""
    licence: str = ""
    references: list[Text] = Field(default_factory=list, description="Keys of sources, or free text")
    respondent: Respondent | None = None
    include: list[Text | IncludeSpec] = Field(default_factory=list, description="Instruments that become part of it")
    roles: RolesSpec | None = None
    scale: Key | None = Field(None, description="Scale of items that name none")
    scales: dict[Key, ScaleSpec] = Field(default_factory=dict)
    questions: dict[Key, QuestionSpec] = Field(default_factory=dict)
    constructs: dict[Key, ConstructSpec] = Field(default_factory=dict)
    items: dict[Key, ItemSpec] = Field(default_factory=dict)
    models: dict[Key, ModelSpec] = Field(default_factory=dict)
    scoring: dict[Key, ScoringSpec] = Field(default_factory=dict, description="Construct -> how it is scored")


class ScalesFile(Part):
    """Scales that several instruments share (`scales.yaml`)."""

    scales: dict[Key, ScaleSpec]


_KINDS = (*Part.__subclasses__(), *AskedSpec.__subclasses__())
FIELDS = sorted({f.alias or name for kind in _KINDS for name, f in kind.model_fields.items()})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an instrument file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **InstrumentFile.model_json_schema(by_alias=True),
    }


def json_schema_text() -> str:
    """Return the JSON Schema as it stands in ``instruments/schema.json``."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    from cgsurvey.base.data import shipped

    (shipped("instruments") / "schema.json").write_text(json_schema_text(), encoding="utf-8")
