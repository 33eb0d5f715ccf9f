// The tables of the semantics, cell by cell, and the rules beside them.
#include <gtest/gtest.h>

#include <string>

#include "reconcile/notation.hpp"

namespace lockstep {
namespace {

using namespace notation;

struct Case {
  const char* about;
  const char* policy;
  const char* before;    // base YAML database
  const char* expected;  // outcome: YAML database base
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.about << " [" << c.policy << "] " << c.before; }

class ReconcileCase : public testing::TestWithParam<Case> {};

TEST_P(ReconcileCase, ComesOutAsTheSemanticsSay) {
  const Case& c = GetParam();
  const Policy policy = policy_of(c.policy);
  const World before = world_of(c.before);
  const TaskPlan plan = reconcile_task(before.triple(), policy);
  EXPECT_EQ(fault_in(plan, before, policy), "");
  EXPECT_EQ(result_of(apply(before, plan, policy.now), plan), c.expected);
}

const Case kBidirectional[] = {
    {"nothing changed", "", "aaa aaa aaa", "in_sync: aaa aaa aaa"},
    {"both have it, no base", "", "- aaa aaa", "in_sync: aaa aaa aaa"},
    {"both changed alike", "", "aaa baa baa", "in_sync: baa baa baa"},
    {"both changed several fields alike", "", "aaa bba bba", "in_sync: bba bba bba"},
    {"new in the YAML", "", "- aaa -", "carried: aaa aaa aaa"},
    {"new in the database", "", "- - aaa", "carried: aaa aaa aaa"},
    {"created on both sides", "", "- aaa baa", "conflict(never_synced create/create c): aaa baa -"},
    {"created on both sides, several fields", "", "- aaa bab", "conflict(never_synced create/create cs): aaa bab -"},
    {"created on both sides, the row later", "", "- aaa@1 baa@2", "conflict(database_newer create/create c): aaa@1 baa@2 -"},
    {"created on both sides, the YAML later", "", "- aaa@2 baa@1", "conflict(yaml_newer create/create c): aaa@2 baa@1 -"},
    {"created on both sides at once", "", "- aaa@1 baa@1", "conflict(never_synced create/create c): aaa@1 baa@1 -"},
    {"created on both sides, only the YAML knows when", "", "- aaa@1 baa", "conflict(never_synced create/create c): aaa@1 baa -"},
    {"created on both sides, only the row knows when", "", "- aaa baa@1", "conflict(never_synced create/create c): aaa baa@1 -"},
    {"changed in the YAML", "", "aaa baa aaa", "carried: baa baa baa"},
    {"changed in the YAML, several fields", "", "aaa bba aaa", "carried: bba bba bba"},
    {"changed in the database", "", "aaa aaa baa", "carried: baa baa baa"},
    {"changed in different fields", "", "aaa baa aba", "merged: bba bba bba"},
    {"changed in different fields, one settled", "", "aaa bba bab", "merged: bbb bbb bbb"},
    {"changed apart", "", "aaa baa caa", "conflict(both_changed update/update c): baa caa aaa"},
    {"changed apart in one field of two", "", "aaa bba caa", "conflict(both_changed update/update c): bba caa aaa"},
    {"changed apart: the base learns what was changed alike", "", "aaa bba cba", "conflict(both_changed update/update c): bba cba aba"},
    {"merging is off", "no_merge", "aaa baa aba", "conflict(both_changed update/update cu): baa aba aaa"},
    {"merging is off: one side's change is carried", "no_merge", "aaa baa aaa", "carried: baa baa baa"},
    {"merging is off: changed alike is agreement", "no_merge", "aaa baa baa", "in_sync: baa baa baa"},
    {"merging is off: what was changed apart is named", "no_merge", "aaa bba caa", "conflict(both_changed update/update c): bba caa aaa"},
    {"merging is off: what was changed alike is settled", "no_merge", "aaa bba bab", "conflict(both_changed update/update us): bba bab baa"},
    {"deleted in the YAML", "", "aaa - aaa", "carried: - - -"},
    {"deleted in the database", "", "aaa aaa -", "carried: - - -"},
    {"deleted in the YAML, changed in the database", "", "aaa - baa", "conflict(deleted_in_yaml delete/update c): - baa aaa"},
    {"changed in the YAML, deleted in the database", "", "aaa bba -", "conflict(deleted_in_database update/delete cu): bba - aaa"},
    {"deleted on both sides", "", "aaa - -", "in_sync: - - -"},
};

const Case kFirstSync[] = {
    {"the YAML is newer", "first_sync", "- bba@9 aaa@5", "carried: bba@9 bba@100 bba@9"},
    {"the row is newer", "first_sync", "- bba@5 aaa@9", "conflict(database_newer create/create cu): bba@5 aaa@9 -"},
    {"equally old", "first_sync", "- baa@5 aaa@5", "conflict(never_synced create/create c): baa@5 aaa@5 -"},
    {"the YAML has no time of its own", "first_sync file@9", "- baa aaa@5", "conflict(never_synced create/create c): baa aaa@5 -"},
    {"the row has no time", "first_sync", "- baa@5 aaa", "conflict(never_synced create/create c): baa@5 aaa -"},
    {"read sync: the YAML is newer", "first_sync yaml_to_db", "- bba@9 aaa@5", "carried: bba@9 bba@100 bba@9"},
    {"read sync: the row is newer", "first_sync yaml_to_db", "- baa@5 aaa@9", "conflict(database_newer create/create c): baa@5 aaa@9 -"},
    {"write sync: the row is newer", "first_sync db_to_yaml", "- bba@5 aaa@9", "carried: aaa@100 aaa@9 aaa@100"},
    {"write sync: the YAML is newer", "first_sync db_to_yaml", "- baa@9 aaa@5", "conflict(yaml_newer create/create c): baa@9 aaa@5 -"},
    {"write sync: the YAML has no time of its own", "first_sync db_to_yaml", "- baa aaa@5", "conflict(never_synced create/create c): baa aaa@5 -"},
    {"a newer YAML is no reason in a later sync", "", "- baa@9 aaa@5", "conflict(yaml_newer create/create c): baa@9 aaa@5 -"},
    {"one side alone, as ever", "first_sync", "- aaa@1 -", "carried: aaa@1 aaa@1 aaa@1"},
};

const Case kYamlToDatabase[] = {
    {"nothing changed", "yaml_to_db", "aaa aaa aaa", "in_sync: aaa aaa aaa"},
    {"both changed alike", "yaml_to_db", "aaa baa baa", "in_sync: baa baa baa"},
    {"new in the YAML", "yaml_to_db", "- aaa -", "carried: aaa aaa aaa"},
    {"deleted in the database", "yaml_to_db", "aaa aaa -", "carried: aaa aaa aaa"},
    {"changed in the YAML, deleted in the database", "yaml_to_db", "aaa baa -", "carried: baa baa baa"},
    {"new in the database", "yaml_to_db", "- - aaa", "left_alone: - aaa -"},
    {"created on both sides", "yaml_to_db", "- aaa baa", "conflict(never_synced create/create c): aaa baa -"},
    {"changed in the YAML", "yaml_to_db", "aaa baa aaa", "carried: baa baa baa"},
    {"deleted in the YAML", "yaml_to_db", "aaa - aaa", "carried: - - -"},
    {"changed in the database", "yaml_to_db", "aaa aaa bba", "conflict(database_newer update/update cu): aaa bba aaa"},
    {"merged into the database alone", "yaml_to_db", "aaa baa aba", "merged: baa bba baa"},
    {"… and completed by the next sync", "", "baa baa bba", "carried: bba bba bba"},
    {"changed apart", "yaml_to_db", "aaa baa caa", "conflict(both_changed update/update c): baa caa aaa"},
    {"deleted in the YAML, changed in the database", "yaml_to_db", "aaa - bab", "conflict(deleted_in_yaml delete/update cs): - bab aaa"},
    {"deleted on both sides", "yaml_to_db", "aaa - -", "in_sync: - - -"},
};

const Case kDatabaseToYaml[] = {
    {"nothing changed", "db_to_yaml", "aaa aaa aaa", "in_sync: aaa aaa aaa"},
    {"both changed alike", "db_to_yaml", "aaa baa baa", "in_sync: baa baa baa"},
    {"new in the database", "db_to_yaml", "- - aaa", "carried: aaa aaa aaa"},
    {"deleted in the YAML", "db_to_yaml", "aaa - aaa", "carried: aaa aaa aaa"},
    {"deleted in the YAML, changed in the database", "db_to_yaml", "aaa - baa", "carried: baa baa baa"},
    {"new in the YAML", "db_to_yaml", "- aaa -", "left_alone: aaa - -"},
    {"created on both sides", "db_to_yaml", "- aaa baa", "conflict(never_synced create/create c): aaa baa -"},
    {"changed in the database", "db_to_yaml", "aaa aaa baa", "carried: baa baa baa"},
    {"deleted in the database", "db_to_yaml", "aaa aaa -", "carried: - - -"},
    {"changed in the YAML", "db_to_yaml", "aaa bba aaa", "conflict(yaml_newer update/update cu): bba aaa aaa"},
    {"merged into the YAML alone", "db_to_yaml", "aaa baa aba", "merged: bba aba aba"},
    {"changed apart", "db_to_yaml", "aaa baa caa", "conflict(both_changed update/update c): baa caa aaa"},
    {"changed in the YAML, deleted in the database", "db_to_yaml", "aaa baa -", "conflict(deleted_in_database update/delete c): baa - aaa"},
    {"deleted on both sides", "db_to_yaml", "aaa - -", "in_sync: - - -"},
};

const Case kOnYamlDelete[] = {
    {"disable", "disable", "aaa - aaa", "carried: - aax aax"},
    {"disable, read sync", "disable yaml_to_db", "aaa - aaa", "carried: - aax aax"},
    {"disabled already", "disable", "aax - aax", "left_alone: - aax aax"},
    {"disabled, then the row changed", "disable", "aax - bax", "conflict(deleted_in_yaml delete/update c): - bax aax"},
    {"disabled, then enabled in the row", "disable", "aax - aaa", "conflict(deleted_in_yaml delete/update s): - aaa aax"},
    {"disabled, then enabled by the status's owner", "disable status:database", "aax - aaa", "left_alone: - aaa aax"},
    {"disable a status that the database owns", "disable status:database", "aaa - aab", "carried: - aax aax"},
    {"disable a status that the YAML owned", "disable status:yaml", "aaa - aab", "carried: - aax aax"},
    {"ignore", "ignore", "aaa - aaa", "left_alone: - aaa aaa"},
    {"ignore, read sync", "ignore yaml_to_db", "aaa - aaa", "left_alone: - aaa aaa"},
    {"ignore: the base is the row as left, owned fields too", "ignore status:database", "aaa - aab", "left_alone: - aab aab"},
    {"ignored, then the row changed", "ignore", "aaa - baa", "conflict(deleted_in_yaml delete/update c): - baa aaa"},
    {"ignored, then put back into the YAML", "ignore", "aaa baa aaa", "carried: baa baa baa"},
    {"ignored, then deleted from the database", "ignore", "aaa - -", "in_sync: - - -"},
    {"never seen: a new row goes to the YAML", "ignore", "- - aaa", "carried: aaa aaa aaa"},
    {"write sync does not add the row back (disable)", "disable db_to_yaml", "aax - aax", "left_alone: - aax aax"},
    {"write sync does not add the row back (ignore)", "ignore db_to_yaml", "aaa - aaa", "left_alone: - aaa aaa"},
    {"write sync: until the row changes", "ignore db_to_yaml", "aaa - baa", "conflict(deleted_in_yaml delete/update c): - baa aaa"},
    {"a deletion in the database is a deletion", "ignore", "aaa aaa -", "carried: - - -"},
};

const Case kReadOnlyYaml[] = {
    {"changed in the database", "yaml_to_db read_only", "aaa aaa baa", "waits: aaa baa aaa"},
    {"deleted in the database", "yaml_to_db read_only", "aaa aaa -", "waits: aaa - aaa"},
    {"waiting is nothing to force", "yaml_to_db read_only force", "aaa aaa baa", "waits: aaa baa aaa"},
    {"new in the database", "yaml_to_db read_only", "- - aaa", "left_alone: - aaa -"},
    {"created on both sides", "yaml_to_db read_only", "- aaa baa", "conflict(never_synced create/create c): aaa baa -"},
    {"changed in the YAML", "yaml_to_db read_only", "aaa baa aaa", "carried: baa baa baa"},
    {"new in the YAML", "yaml_to_db read_only", "- aaa -", "carried: aaa aaa aaa"},
    {"changed in the YAML, deleted in the database", "yaml_to_db read_only", "aaa baa -", "carried: baa baa baa"},
    {"merged", "yaml_to_db read_only", "aaa baa aba", "merged: baa bba baa"},
    {"changed apart", "yaml_to_db read_only", "aaa baa caa", "conflict(both_changed update/update c): baa caa aaa"},
    {"deleted in the YAML", "yaml_to_db read_only", "aaa - aaa", "carried: - - -"},
    {"deleted in the YAML, changed in the database", "yaml_to_db read_only", "aaa - baa", "conflict(deleted_in_yaml delete/update c): - baa aaa"},
    {"an owned field goes on while the rest waits", "yaml_to_db read_only status:yaml", "aaa aab baa", "waits: aab bab aab"},
    {"without meaning when the YAML can be written", "read_only", "aaa aaa baa", "carried: baa baa baa"},
};

const Case kOwners[] = {
    {"the database's, changed there", "status:database", "aaa aaa aab", "carried: aab aab aab"},
    {"the database's, changed in the YAML", "status:database", "aaa aab aaa", "carried: aaa aaa aaa"},
    {"the database's, changed apart", "status:database", "aaa aab aac", "carried: aac aac aac"},
    {"the YAML's, changed in the database", "status:yaml", "aaa aaa aab", "carried: aaa aaa aaa"},
    {"the YAML's, changed apart", "status:yaml", "aaa aab aac", "carried: aab aab aab"},
    {"beside a change of the YAML", "status:database", "aaa baa aab", "carried: bab bab bab"},
    {"beside a change of the YAML, merging off", "status:database no_merge", "aaa baa aab", "carried: bab bab bab"},
    {"changed apart, beside a change of the YAML", "status:database", "aaa bac aab", "carried: bab bab bab"},
    {"beside a merge of others", "status:database", "aaa bac abb", "merged: bbb bbb bbb"},
    {"beside a conflict all is frozen", "status:database", "aaa baa cab", "conflict(both_changed update/update c): baa cab aaa"},
    {"beside a conflict the base learns it where both agree", "status:database", "aaa bab cab", "conflict(both_changed update/update c): bab cab aab"},
    {"plays no part in a deletion from the database", "status:database", "aaa - aab", "carried: - - -"},
    {"plays no part in a deletion from the YAML", "status:database", "aaa aab -", "carried: - - -"},
    {"never named in a conflict with a deletion", "status:database", "aaa - bab", "conflict(deleted_in_yaml delete/update c): - bab aaa"},
    {"created twice, differing only there", "status:database", "- aaa aab", "carried: aab aab aab"},
    {"created twice, differing there too", "status:database", "- aaa bab", "conflict(never_synced create/create c): aaa bab -"},
    {"an insert takes the value of where it comes from", "status:database", "- aab -", "carried: aab aab aab"},
    {"an insert into the YAML does too", "status:yaml", "- - aab", "carried: aab aab aab"},
    {"against the owner: read sync leaves it", "yaml_to_db status:database", "aaa aaa aab", "in_sync: aaa aab aaa"},
    {"against the owner: read sync carries the rest", "yaml_to_db status:database", "aaa bac aab", "carried: bac bab baa"},
    {"against the owner: write sync leaves it", "db_to_yaml status:yaml", "aaa aab aaa", "in_sync: aab aaa aaa"},
    {"with the owner: read sync", "yaml_to_db status:yaml", "aaa aab aac", "carried: aab aab aab"},
    {"with the owner: write sync", "db_to_yaml status:database", "aaa aab aac", "carried: aac aac aac"},
    {"with the owner, the rest being a conflict", "yaml_to_db status:yaml", "aaa aab baa", "conflict(database_newer update/update c): aab baa aaa"},
    {"against the owner, no base: it holds the other side's value", "yaml_to_db status:database", "- aaa aab", "in_sync: aaa aab aaa"},
    {"… so that a shared field would carry the owner's change", "", "aaa aaa aab", "carried: aab aab aab"},
    {"against the owner, no base, write sync", "db_to_yaml status:yaml", "- aaa aab", "in_sync: aaa aab aab"},
    {"two owners at once", "status:database cron:yaml", "aaa bab cbc", "carried: bbc bbc bbc"},
    {"first sync: the newer YAML does not overrule an owner", "first_sync status:database", "- bab@9 aaa@5", "carried: baa@100 baa@100 baa@100"},
    {"forced: an owner still has its say", "force yaml_to_db status:yaml", "aaa bab caa", "decided(both_changed update/update c, yaml): bab bab bab"},
    {"forced against the owner: it is left", "force yaml_to_db status:database", "aaa bab cac", "decided(both_changed update/update c, yaml): bab bac baa"},
};

const Case kForceOneWay[] = {
    {"only the database changed", "force yaml_to_db", "aaa aaa bba", "decided(database_newer update/update cu, yaml): aaa aaa aaa"},
    {"only the YAML changed", "force db_to_yaml", "aaa baa aaa", "decided(yaml_newer update/update c, database): aaa aaa aaa"},
    {"changed apart", "force yaml_to_db", "aaa baa caa", "decided(both_changed update/update c, yaml): baa baa baa"},
    {"changed apart, write sync", "force db_to_yaml", "aaa baa caa", "decided(both_changed update/update c, database): caa caa caa"},
    {"what could be merged stays for later", "force yaml_to_db", "aaa baa cba", "decided(both_changed update/update c, yaml): baa bba baa"},
    {"what could be merged stays for later, write sync", "force db_to_yaml", "aaa bba caa", "decided(both_changed update/update c, database): cba caa caa"},
    {"merging off: all that differs", "force no_merge yaml_to_db", "aaa baa cba", "decided(both_changed update/update c, yaml): baa baa baa"},
    {"what can be merged is merged", "force yaml_to_db", "aaa baa aba", "merged: baa bba baa"},
    {"created twice", "force yaml_to_db", "- bba aaa@9", "decided(never_synced create/create cu, yaml): bba bba@100 bba"},
    {"created twice, write sync", "force db_to_yaml", "- bba@9 aaa", "decided(never_synced create/create cu, database): aaa@100 aaa aaa@100"},
    {"YAML wins even by deletion", "force yaml_to_db", "aaa - baa", "decided(deleted_in_yaml delete/update c, yaml): - - -"},
    {"YAML wins by deletion, which disables", "force disable yaml_to_db", "aaa - baa", "decided(deleted_in_yaml delete/update c, yaml): - bax bax"},
    {"YAML wins by deletion, which disables again", "force disable yaml_to_db", "aax - aaa", "decided(deleted_in_yaml delete/update s, yaml): - aax aax"},
    {"YAML wins by deletion, which is ignored", "force ignore yaml_to_db", "aaa - baa", "decided(deleted_in_yaml delete/update c, yaml): - baa baa"},
    {"the database wins even by deletion", "force db_to_yaml", "aaa baa -", "decided(deleted_in_database update/delete c, database): - - -"},
    {"the database wins over a kept deletion", "force ignore db_to_yaml", "aaa - baa", "decided(deleted_in_yaml delete/update c, database): baa baa baa"},
    {"what is left alone stays alone", "force yaml_to_db", "- - aaa", "left_alone: - aaa -"},
    {"what is left alone stays alone, write sync", "force db_to_yaml", "- aaa -", "left_alone: aaa - -"},
};

const Case kForceBothWays[] = {
    {"the YAML's time moved and is newer", "force", "aaa@1 baa@9 caa@5", "decided(both_changed update/update c, yaml): baa@9 baa@100 baa@9"},
    {"the YAML's time moved and is older", "force file@50", "aaa@1 baa@4 caa@5", "decided(both_changed update/update c, database): caa@100 caa@5 caa@100"},
    {"the YAML's time did not move: the file is newer", "force file@9", "aaa@1 baa@1 caa@5", "decided(both_changed update/update c, yaml): baa@1 baa@100 baa@1"},
    {"the YAML's time did not move: the file is older", "force file@4", "aaa@9 baa@9 caa@5", "decided(both_changed update/update c, database): caa@100 caa@5 caa@100"},
    {"the YAML has no time: the file is newer", "force file@9", "aaa baa caa@5", "decided(both_changed update/update c, yaml): baa baa@100 baa"},
    {"the YAML's time was taken out: the file's", "force file@9", "aaa@1 baa caa@5", "decided(both_changed update/update c, yaml): baa baa@100 baa"},
    {"the YAML's time is new", "force file@1", "aaa baa@9 caa@5", "decided(both_changed update/update c, yaml): baa@9 baa@100 baa@9"},
    {"a tie goes to the database", "force", "aaa@1 baa@5 caa@5", "decided(both_changed update/update c, database): caa@100 caa@5 caa@100"},
    {"a tie with the file goes to the database", "force file@5", "aaa baa caa@5", "decided(both_changed update/update c, database): caa caa@5 caa"},
    {"a row without a time is the oldest", "force file@1", "aaa baa caa", "decided(both_changed update/update c, yaml): baa baa baa"},
    {"nobody knows: a tie", "force", "aaa baa caa", "decided(both_changed update/update c, database): caa caa caa"},
    {"fields that one side changed take that side", "force", "aaa@1 bba@9 cab@5", "decided(both_changed update/update c, yaml): bbb@100 bbb@100 bbb@100"},
    {"merging off: the winner as a whole", "force no_merge", "aaa@1 bba@9 cab@5", "decided(both_changed update/update c, yaml): bba@9 bba@100 bba@9"},
    {"merging off, nothing apart: the winner as a whole", "force no_merge", "aaa@1 bab@4 aba@5", "decided(both_changed update/update cus, database): aba@100 aba@5 aba@100"},
    {"created twice: the task's own time", "force file@1", "- bba@9 aaa@5", "decided(yaml_newer create/create cu, yaml): bba@9 bba@100 bba@9"},
    {"created twice: else the file's", "force file@9", "- bba aaa@5", "decided(never_synced create/create cu, yaml): bba bba@100 bba"},
    {"created twice: the row is newer", "force file@9", "- bba@4 aaa@5", "decided(database_newer create/create cu, database): aaa@100 aaa@5 aaa@100"},
    {"a deletion in the YAML loses", "force file@9", "aaa - baa@5", "decided(deleted_in_yaml delete/update c, database): baa@5 baa@5 baa@5"},
    {"a deletion in the database loses", "force", "aaa baa -", "decided(deleted_in_database update/delete c, yaml): baa baa baa"},
    {"what can be merged is merged", "force", "aaa baa aba", "merged: bba bba bba"},
    {"a change of one side is carried", "force", "aaa aaa baa", "carried: baa baa baa"},
};

const Case kBookkeeping[] = {
    {"updated_at is no difference", "", "aaa@1 aaa@1 aaa@5", "in_sync: aaa@1 aaa@5 aaa@1"},
    {"a YAML time that moved alone is remembered", "", "aaa@1 aaa@2 aaa@5", "in_sync: aaa@2 aaa@5 aaa@2"},
    {"a YAML time that went alone is remembered", "", "aaa@1 aaa aaa@5", "in_sync: aaa aaa@5 aaa"},
    {"remembered in one-way syncs as well", "db_to_yaml", "aaa@1 aaa@2 aaa@5", "in_sync: aaa@2 aaa@5 aaa@2"},
    {"a conflict does not hide that it moved", "", "aaa@1 baa@2 caa@5", "conflict(both_changed update/update c): baa@2 caa@5 aaa@1"},
    {"an unfinished merge does not either", "yaml_to_db", "aaa@1 baa@2 aba@5", "merged: baa@2 bba@100 baa@1"},
    {"the base expects the time that lockstep writes", "", "aaa@1 aaa@1 baa@5", "carried: baa@100 baa@5 baa@100"},
    {"an insert keeps the time it comes with", "", "- - aaa@5", "carried: aaa@5 aaa@5 aaa@5"},
};

const Case kColumns[] = {
    {"a field without a column is no difference", "no_user", "aaa aba aca", "in_sync: aba aca aaa"},
    {"… and is not written", "no_user", "aaa bba aca", "carried: bba bca baa"},
    {"… and not in conflict", "no_user", "aaa bba cca", "conflict(both_changed update/update c): bba cca aaa"},
    {"a new base holds its default", "no_user", "- aba aca", "in_sync: aba aca a~a"},
    {"… so that a column added later takes the YAML's value", "", "a~a aba a~a", "carried: aba aba aba"},
};

std::string case_name(const testing::TestParamInfo<Case>& info) { return std::to_string(info.index); }

INSTANTIATE_TEST_SUITE_P(Bidirectional, ReconcileCase, testing::ValuesIn(kBidirectional), case_name);
INSTANTIATE_TEST_SUITE_P(FirstSync, ReconcileCase, testing::ValuesIn(kFirstSync), case_name);
INSTANTIATE_TEST_SUITE_P(YamlToDatabase, ReconcileCase, testing::ValuesIn(kYamlToDatabase), case_name);
INSTANTIATE_TEST_SUITE_P(DatabaseToYaml, ReconcileCase, testing::ValuesIn(kDatabaseToYaml), case_name);
INSTANTIATE_TEST_SUITE_P(OnYamlDelete, ReconcileCase, testing::ValuesIn(kOnYamlDelete), case_name);
INSTANTIATE_TEST_SUITE_P(ReadOnlyYaml, ReconcileCase, testing::ValuesIn(kReadOnlyYaml), case_name);
INSTANTIATE_TEST_SUITE_P(Owners, ReconcileCase, testing::ValuesIn(kOwners), case_name);
INSTANTIATE_TEST_SUITE_P(ForceOneWay, ReconcileCase, testing::ValuesIn(kForceOneWay), case_name);
INSTANTIATE_TEST_SUITE_P(ForceBothWays, ReconcileCase, testing::ValuesIn(kForceBothWays), case_name);
INSTANTIATE_TEST_SUITE_P(Bookkeeping, ReconcileCase, testing::ValuesIn(kBookkeeping), case_name);
INSTANTIATE_TEST_SUITE_P(Columns, ReconcileCase, testing::ValuesIn(kColumns), case_name);

}  // namespace
}  // namespace lockstep
