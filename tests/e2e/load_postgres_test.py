from load_scenarios import LoadScenarios
from load_writers import PostgresSide
from postgres_support import PostgresWorkspace


class LoadPostgres(LoadScenarios, PostgresWorkspace):
    def make_side(self):
        return PostgresSide(self.socket, self.name)
