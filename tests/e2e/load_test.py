from load_scenarios import LoadScenarios
from load_writers import SqliteSide
from support import Workspace


class Load(LoadScenarios, Workspace):
    def make_side(self):
        return SqliteSide(self.database)
