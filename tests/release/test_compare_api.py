"""That scripts/compare-api finds each kind of narrowing in the real API document, and takes nothing else for one."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tools/release"), str(Path(__file__).parent)]

import api  # noqa: E402
from edits import NARROWING, WIDENING  # noqa: E402

TEXT = (ROOT / "openapi/partbook.json").read_text()
DOCUMENT = json.loads(TEXT)
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n{lines}\n## [0.1.0] - 2026-11-28\n\n- API: `Cpu.name type`: long ago.\n"


def edited(edit):
    document = json.loads(TEXT)
    edit(document)
    return document


def keys(new):
    return [" ".join(key) for key, _ in api.compare(DOCUMENT, new)]


class Edits(unittest.TestCase):
    def test_each_narrowing_is_found_where_it_is(self):
        for name, (edit, key) in NARROWING.items():
            with self.subTest(name):
                found = keys(edited(edit))
                self.assertTrue(any(one.startswith(key) for one in found), f"{key} is not among {found}")

    def test_one_edit_is_not_told_many_times(self):
        for name in ("the greatest value of a member", "a member that may be null", "a parameter is gone", "a status is gone",
                     "a member of an answer is gone", "a value of a member is gone", "a nested row that may be something else", "a schema is called otherwise"):
            with self.subTest(name):
                edit, key = NARROWING[name]
                self.assertEqual([key], keys(edited(edit)))

    def test_nothing_else_is_taken_for_one(self):
        for name, edit in WIDENING.items():
            with self.subTest(name):
                new = edited(edit)
                self.assertEqual(name == "nothing", new == DOCUMENT, "the edit does nothing")
                self.assertEqual([], keys(new))


class Words(unittest.TestCase):
    """Keywords that the document does not use today."""

    def compare(self, old, new, answer=False):
        """Schemas of a body, or of an answer; PART is a component that both may name."""
        def document(schema, part):
            content = {"content": {"application/json": {"schema": schema}}}
            operation = {"responses": {"200": content if answer else {}}} | ({} if answer else {"requestBody": content})
            return {"info": {"version": "1.0.0"}, "paths": {"/a": {"post": operation}}, "components": {"schemas": {"Part": part}}}

        return [" ".join(key) for key, _ in api.compare(document(*old), document(*new))]

    def test_parts_that_all_hold(self):
        part = {"$ref": "#/components/schemas/Part"}
        before = {"type": "object", "properties": {"a": {"type": "integer"}}}
        after = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}
        whole = {"allOf": [part, {"properties": {"b": {"type": "string"}}}]}
        self.assertEqual(["POST /a body.a maximum", "POST /a body.a required"], self.compare((whole, before), (whole, after)))
        self.assertEqual(["POST /a body.b member"], self.compare((whole, before), (part, before)))
        # The same in other words.
        flat = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
        self.assertEqual([], self.compare((whole, before), (flat, before)))

    def test_a_component_behind_a_word_that_is_not_known(self):
        schema = {"type": "object", "patternProperties": {"^x": {"$ref": "#/components/schemas/Part"}}}
        found = self.compare((schema, {"type": "integer"}), (schema, {"type": "string"}))
        self.assertEqual(["POST /a body patternProperties"], found)
        self.assertEqual([], self.compare((schema, {"type": "integer"}), (schema, {"type": "integer", "description": "A number."})))

    def test_a_component_that_names_itself(self):
        before = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Part"}, "a": {"type": "integer"}}}
        after = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Part"}, "a": {"type": "string"}}}
        part = {"$ref": "#/components/schemas/Part"}
        self.assertEqual(["Part.a type"], self.compare((part, before), (part, after)))

    def test_members_of_an_answer_that_have_no_names(self):
        typed, closed, any_ = ({"type": "object", "additionalProperties": rest} for rest in ({"type": "integer"}, False, True))
        self.assertEqual(["POST /a 200 additionalProperties"], self.compare((typed, {}), (closed, {}), answer=True))
        self.assertEqual([], self.compare((any_, {}), (closed, {}), answer=True))
        self.assertEqual(["POST /a body additionalProperties"], self.compare((any_, {}), (closed, {})))

    def test_a_name_that_leads_nowhere_is_said(self):
        with self.assertRaisesRegex(ValueError, "NEW: #/components/schemas/Gone is not there"):
            self.compare(({"$ref": "#/components/schemas/Part"}, {}), ({"$ref": "#/components/schemas/Gone"}, {}))

    def test_a_component_that_stands_for_itself_is_said(self):
        part = {"$ref": "#/components/schemas/Part"}
        with self.assertRaisesRegex(ValueError, "OLD: #/components/schemas/Part stands for itself"):
            self.compare((part, part), (part, part))

    def test_what_is_no_document_is_said(self):
        for text in ("null", "[]", '"x"', '{"info": {"version": 1}, "paths": {}}', '{"info": {"version": "1.0.0"}, "paths": null}', "[" * 100_000):
            with self.subTest(text[:40]), tempfile.TemporaryDirectory() as directory:
                paths = [Path(directory, name) for name in ("old.json", "new.json", "CHANGELOG.md")]
                for path, content in zip(paths, (text, text, CHANGELOG.format(lines=""))):
                    path.write_text(content)
                run = subprocess.run([sys.executable, ROOT / "tools/release/compare.py", *paths], capture_output=True, text=True)
                self.assertEqual(1, run.returncode)
                self.assertRegex(run.stderr, r"^tools/release/compare\.py: one of the two is no OpenAPI document: .*\n$")


class Changelog(unittest.TestCase):
    """The maximum of `CpuInput.cores` is less, and the changelog says this or that."""

    def compare(self, lines, edit="the greatest value of a member", version="0.1.0"):
        new = edited(NARROWING[edit][0] if edit else lambda document: None)
        new["info"]["version"] = version
        with tempfile.TemporaryDirectory() as directory:
            paths = [Path(directory, name) for name in ("old.json", "new.json", "CHANGELOG.md")]
            for path, text in zip(paths, (json.dumps(DOCUMENT), json.dumps(new), CHANGELOG.format(lines=lines))):
                path.write_text(text)
            run = subprocess.run([sys.executable, ROOT / "tools/release/compare.py", *paths], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr

    def test_what_is_not_named_fails(self):
        status, text = self.compare("- Fewer cores.\n")
        self.assertEqual(1, status, text)
        self.assertIn("less than before: `CpuInput.cores maximum`: was 1024, is 512", text)

    def test_what_is_named_passes(self):
        for line in ("- API: `CpuInput.cores maximum`: 512.\n", "- API: `Cpu*.cores *`: 512.\n"):
            status, text = self.compare(line)
            self.assertEqual(0, status, text)

    def test_another_kind_at_the_same_place_does_not_count(self):
        self.assertEqual(1, self.compare("- API: `CpuInput.cores minimum`: 2.\n")[0])

    def test_a_section_that_has_been_released_does_not_count(self):
        self.assertEqual(1, self.compare("", "a member that may be null")[0])

    def test_what_has_not_changed_is_not_named(self):
        status, text = self.compare("- API: `CpuInput.cores maximum`: 512.\n", None)
        self.assertEqual(1, status, text)
        self.assertIn("names `CpuInput.cores maximum`", text)

    def test_the_version_says_that_something_breaks(self):
        line = "- API: `CpuInput.cores maximum`: 512.\n"
        self.assertEqual([1, 0, 0], [self.compare(line, version=version)[0] for version in ("0.1.1", "0.2.0", "1.0.0")])
        self.assertEqual(0, self.compare("", None, "0.1.1")[0])


if __name__ == "__main__":
    unittest.main()
