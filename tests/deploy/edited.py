"""A copy of the files of a deployment, in which a test changes one and asks what is said of it."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
READ = ("Cargo.toml", "Dockerfile", "openapi/partbook.json")


class Edited(unittest.TestCase):
    """`checker` is a file of tools/deploy, `edits` are file, what stands there, what stands there instead, and what is said."""

    checker = edits = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        shutil.copytree(ROOT / "deploy", self.root / "deploy")
        for name in READ:
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def check(self):
        command = [sys.executable, "-B", ROOT / "tools/deploy" / self.checker, self.root]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def they_fit_and_each_edit_is_found(self):
        self.assertEqual((0, "\n"), self.check())
        for name, before, after, said in self.edits:
            with self.subTest(f"{name}: {after.strip()}"):
                path = self.root / name
                text = path.read_text()
                self.assertIn(before, text)
                path.write_text(text.replace(before, after, 1))
                status, output = self.check()
                path.write_text(text)
                self.assertEqual(1, status, output)
                self.assertIn(said, output)
                self.assertNotIn("Traceback", output)
