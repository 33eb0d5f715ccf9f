from load_writers import PostgresSide
from postgres_support import PostgresWorkspace
from saves_scenarios import SaveScenarios


class SavesPostgres(SaveScenarios, PostgresWorkspace):
    def make_side(self):
        return PostgresSide(self.socket, self.name)
