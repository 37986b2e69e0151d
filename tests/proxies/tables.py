"""The tables of a document that say what came, by the program and its version."""


class Tables:
    def __init__(self, document):
        self.document = document
        self.lines = document.read_text().splitlines()
        self.differ = False

    def see(self, table, name, version, came):
        """Compares a row with the document's, and takes its place there."""
        start = f"| {name} | {version} |"
        row = f"{start} {came} |"
        head = next(number for number, line in enumerate(self.lines) if line.startswith(f"| {table} |"))
        end = head
        while end < len(self.lines) and self.lines[end].startswith("|"):
            if self.lines[end].startswith(start):
                break
            end += 1
        if end < len(self.lines) and self.lines[end] == row:
            print(f"as told  {name} {version}: {came}", flush=True)
            return
        if end < len(self.lines) and self.lines[end].startswith(start):
            print(f"DIFFERS  {name} {version}: {came}", flush=True)
            self.differ = True
            self.lines[end] = row
        else:
            # Another version, or a new row.
            print(f"new      {name} {version}: {came}", flush=True)
            self.lines.insert(end, row)

    def write(self):
        self.document.write_text("\n".join(self.lines) + "\n")
