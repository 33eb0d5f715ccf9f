from load_writers import SqliteSide
from saves_scenarios import SaveScenarios
from support import Workspace


class Saves(SaveScenarios, Workspace):
    def make_side(self):
        return SqliteSide(self.database)
