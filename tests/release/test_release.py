"""That scripts/release refuses what is not fit to be released, and that what it makes can be verified."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = '#include <stdio.h>\nint main(void) { puts("partbook %s (0123456789ab)"); return 0; }\n'


def run(*command, cwd, **environment):
    names = [name for name in os.environ if not name.startswith(("GIT_", "GITHUB_", "SOURCE_DATE"))]
    done = subprocess.run(command, cwd=cwd, env={name: os.environ[name] for name in names} | environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A repository of what lies here, with one commit and no tag."""
        cls.scratch = tempfile.TemporaryDirectory()
        cls.original = Path(cls.scratch.name, "original")
        files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        for file in filter(None, files):
            # What is deleted and not yet committed is not there.
            if (ROOT / file).exists():
                (cls.original / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, cls.original / file)
        for command in (["init", "--quiet"], ["config", "user.name", "test"], ["config", "user.email", "test@partbook.example"],
                        ["config", "gc.auto", "0"], ["add", "--all", "--force"], ["commit", "--quiet", "--message", "All"]):
            subprocess.run(["git", *command], cwd=cls.original, check=True)
        cls.number = cls.version_of(cls.original)
        cls.programs = {number: cls.program(number) for number in (cls.number, "9.9.9")}

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @staticmethod
    def version_of(repository):
        return re.search(r'^version = "(.*)"', (repository / "Cargo.toml").read_text(), re.MULTILINE)[1]

    @classmethod
    def program(cls, number):
        source = Path(cls.scratch.name, f"partbook-{number}.c")
        source.write_text(SOURCE % number)
        subprocess.run(["cc", "-o", source.with_suffix(""), source], check=True)
        return source.with_suffix("")

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(dir=self.scratch.name))
        self.repository = self.directory / "partbook"
        shutil.copytree(self.original, self.repository)

    def release(self, *arguments, status=0, **environment):
        done, text = run("scripts/release", *map(str, arguments), cwd=self.repository, **environment)
        self.assertEqual(status, done, text)
        return text

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.repository, check=True, stdout=subprocess.DEVNULL)

    def cut(self, number=None):
        number = number or self.number
        self.release("cut", number)
        self.git("commit", "--quiet", "--all", "--message", f"Release {number}")
        return number

    def edit(self, file, before, after):
        path = self.repository / file
        self.assertIn(before, path.read_text())
        path.write_text(path.read_text().replace(before, after, 1))

    def test_what_was_cut_is_fit(self):
        tag = f"v{self.cut()}"
        self.release("check")
        self.git("tag", tag)
        self.release("check", tag)

    def test_a_cut_writes_the_version_everywhere(self):
        self.cut("7.8.9")
        self.release("check", "v7.8.9")
        self.assertEqual("7.8.9", self.version_of(self.repository))
        self.assertEqual("7.8.9", json.loads((self.repository / "openapi/released.json").read_text())["info"]["version"])
        ours = re.findall(r'name = "partbook[^"]*"\nversion = "(.*)"', (self.repository / "Cargo.lock").read_text())
        self.assertEqual({"7.8.9"}, set(ours))
        self.assertIn("/partbook:7.8.9", (self.repository / "deploy/env.example").read_text())
        self.assertRegex((self.repository / "CHANGELOG.md").read_text(), r"## \[Unreleased\]\n\n## \[7\.8\.9\] - \d{4}-\d\d-\d\d\n\n### ")
        # Cargo takes the lock file as it is.
        status, text = run("cargo", "metadata", "--locked", "--format-version", "1", cwd=self.repository)
        self.assertEqual(0, status, text[-2000:])

    def test_nothing_is_cut_twice(self):
        self.cut()
        self.assertIn("already", self.release("cut", self.number, status=1))

    def changed(self):
        return run("git", "status", "--porcelain", cwd=self.repository)[1]

    def test_what_is_no_later_version_is_not_cut(self):
        for number in ("1.2", "v1.2.3", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-rc..1", "1.2.3+b"):
            self.assertIn("is no version", self.release("cut", number, status=1))
        self.assertIn("is less than", self.release("cut", "0.0.1", status=1))
        self.assertEqual("", self.changed())

    def test_a_cut_that_fails_writes_nothing(self):
        self.edit("openapi/partbook.json", '"maximum": 1024', '"maximum": 1023')
        self.assertIn("commit or take back first: openapi/partbook.json", self.release("cut", "7.8.9", status=1))
        self.git("commit", "--quiet", "--all", "--message", "Take less, and do not say so")
        for _ in range(2):
            self.assertIn("less than before", self.release("cut", "7.8.9", status=1))
            self.assertEqual("", self.changed())

    def test_a_heading_may_have_white_space_at_its_end(self):
        self.edit("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased] \n")
        self.git("commit", "--quiet", "--all", "--message", "Add a blank")
        self.release("check", f"v{self.cut('7.8.9')}")

    def test_the_last_release_is_a_tag_of_a_version(self):
        self.git("commit", "--quiet", "--allow-empty", "--message", "Go on")
        self.git("tag", "vendored", "HEAD^")
        status, text = run("scripts/compare-api", cwd=self.repository)
        self.assertEqual((0, True), (status, "openapi/released.json" in text), text)
        self.git("rm", "--quiet", "openapi/partbook.json")
        self.git("commit", "--quiet", "--message", "Lose the document")
        self.git("tag", "v0.0.1")
        self.git("revert", "--no-edit", "HEAD")
        status, text = run("scripts/compare-api", cwd=self.repository)
        self.assertEqual((1, True), (status, "v0.0.1 has no openapi/partbook.json" in text), text)

    def test_what_is_not_fit_is_refused_and_named(self):
        def unfit(words, tag=""):
            text = self.release("check", *filter(None, [tag]), status=1)
            self.assertRegex(text, rf"FAILED   {words}")
            self.git("checkout", "--quiet", ".")

        unfit("CHANGELOG.md")
        self.cut()
        unfit(r"v9\.9\.9 is the version", "v9.9.9")
        (self.repository / "left.txt").write_text("behind")
        unfit("the tree is clean")
        (self.repository / "left.txt").unlink()
        self.edit("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- Not yet released.\n")
        unfit("CHANGELOG.md")
        self.edit("openapi/partbook.json", '"maximum": 1024', '"maximum": 1023')
        unfit("versions")
        self.edit("Cargo.lock", 'name = "partbook"\nversion = "', 'name = "partbook"\nversion = "9')
        unfit("versions")
        self.edit("deploy/env.example", "/partbook:", "/partbook:9")
        unfit("versions")
        # The last release had a path more, and the changelog does not say so.
        documents = [self.repository / "openapi" / name for name in ("partbook.json", "released.json")]
        now = json.loads(documents[0].read_text())
        before = json.loads(documents[0].read_text())
        before["info"]["version"] = "0.0.1"
        before["paths"]["/v1/gone"] = before["paths"]["/v1/catalog/cpus"]
        documents[0].write_text(json.dumps(before))
        self.git("commit", "--quiet", "--all", "--message", "Release 0.0.1")
        self.git("tag", "v0.0.1")
        for document in documents:
            document.write_text(json.dumps(now))
        self.git("commit", "--quiet", "--all", "--message", "Go on")
        unfit("API document")
        self.git("tag", f"v{self.number}", "HEAD^")
        unfit(rf"v{self.number} is the version and HEAD")

    def test_the_notes_are_the_section(self):
        self.edit("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- New, [as told](docs/tour.md), [there](https://a.example).\n")
        self.git("commit", "--quiet", "--all", "--message", "Say more")
        number = self.cut()
        self.assertIn("- New, [as told](docs/tour.md), [there](https://a.example).\n", self.release("notes"))
        text = self.release("notes", number, GITHUB_REPOSITORY="parts/partbook")
        self.assertIn(f"[as told](https://github.com/parts/partbook/blob/v{number}/docs/tour.md), [there](https://a.example)", text)
        self.assertNotIn("## [", text)
        self.release("notes", "9.9.9", status=1)

    def pack(self, number=None, directory="made", status=0):
        notices = self.directory / "notices"
        notices.write_text("Licences\n")
        return self.release("pack", self.programs[number or self.number], self.directory / directory, notices, status=status).strip()

    def test_an_archive_has_what_it_takes_and_is_the_same_each_time(self):
        one, two = Path(self.pack()), Path(self.pack(directory="again"))
        self.assertEqual(f"partbook-{self.number}-linux-{os.uname().machine}.tar.gz", one.name)
        self.assertEqual(one.read_bytes(), two.read_bytes())
        with tarfile.open(one) as archive:
            members = {member.name.partition("/")[2]: member for member in archive.getmembers()}
            sums = archive.extractfile(members["SHA256SUMS"]).read().decode().splitlines()
        # As scripts/deploy.sh looks for it.
        self.assertIn(f"{hashlib.sha256(self.programs[self.number].read_bytes()).hexdigest()}  partbook", sums)
        for name in ("partbook", "smoke.sh", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-NOTICES", "README.md", "SHA256SUMS",
                     "partbook.json", "deploy/partbook.service", "deploy/partbook.socket", "deploy/partbook.env"):
            self.assertIn(name, members)
        self.assertEqual({(0, 0)}, {(member.uid, member.gid) for member in members.values()})
        self.assertEqual((0o755, 0o644), (members["partbook"].mode, members["LICENSE-MIT"].mode))

    def test_another_version_and_a_later_glibc_are_refused(self):
        self.assertIn("partbook 9.9.9", self.pack("9.9.9", status=1))
        self.edit("scripts/release", "readonly GLIBC=2.36", "readonly GLIBC=2.1")
        self.assertIn("needs glibc", self.pack(status=1))

    def test_what_is_changed_on_the_way_is_not_verified(self):
        archive = Path(self.pack())
        other = archive.with_name("other.json")
        other.write_text("{}")
        self.release("verify", archive, status=1)  # no SHA256SUMS
        self.release("sums", archive.parent)
        for file in (archive, other):
            self.release("verify", file)
        other.write_text("{ }")
        self.assertIn("is not what SHA256SUMS says", self.release("verify", other, status=1))
        self.release("verify", archive)
        archive.with_name("third").write_text("")
        self.assertIn("not in it", self.release("verify", archive.with_name("third"), status=1))
        # Someone who puts another program into the archive, and its sum beside it.
        inside = self.directory / "inside"
        with tarfile.open(archive) as content:
            content.extractall(inside, filter="data")
        program = next(inside.iterdir()) / "partbook"
        program.write_bytes(self.programs["9.9.9"].read_bytes())
        with tarfile.open(archive, "w:gz") as content:
            content.add(program.parent, program.parent.name)
        self.release("sums", archive.parent)
        self.assertIn("what is in", self.release("verify", archive, status=1))

    def test_the_bill_of_materials_names_what_is_linked(self):
        for name in ("one.json", "two.json"):
            self.release("sbom", self.directory / name)
        text = (self.directory / "one.json").read_text()
        self.assertEqual(text, (self.directory / "two.json").read_text())
        bom = json.loads(text)
        components = {one["bom-ref"]: one for one in bom["components"]}
        names = [one["name"] for one in bom["components"]]
        for name in ("sqlite", "swagger-ui", "rust-std", "sqlx-postgres", "ring", "partbook-domain"):
            self.assertIn(name, names)
        # Macros, tests, and features that are not on.
        for name in ("syn", "serde_derive", "insta", "partbook-test-support", "sqlx-mysql"):
            self.assertNotIn(name, names)
        for one in components.values():
            self.assertTrue("hashes" in one or not one["purl"].startswith("pkg:cargo/") or one["name"].startswith("partbook-"), one)
        # Each is there because of something that is.
        uses = {one["ref"]: one["dependsOn"] for one in bom["dependencies"]}
        reached, left = set(), [bom["metadata"]["component"]["bom-ref"]]
        while left:
            if (ref := left.pop()) not in reached:
                reached.add(ref)
                left += uses[ref]
        self.assertEqual(set(components), reached - {bom["metadata"]["component"]["bom-ref"]})

    def test_a_command_that_makes_no_sense_says_how(self):
        for arguments in ([], ["publish"], ["pack"], ["check", "v1", "v2"]):
            self.assertIn("Usage:", self.release(*arguments, status=2))


if __name__ == "__main__":
    unittest.main()
