// Table names, database URLs, and other words.
#include "store/names.hpp"

#include <gtest/gtest.h>

#include "store/conformance.hpp"
#include "store/database_url.hpp"
#include "store/table_name.hpp"

namespace lockstep::testing_store {
namespace {

TEST(TableNames, AreTakenApart) {
  struct Case {
    std::string_view text, schema, name;
  };
  for (const Case& each : {Case{"tasks", "", "tasks"}, Case{"app.Tasks", "app", "Tasks"}, Case{"\"a.b\"", "", "a.b"},
                           Case{"app.\"odd \"\"name\"\"\"", "app", "odd \"name\""}, Case{"\"s\".\"t\"", "s", "t"},
                           Case{"täsk", "", "täsk"}}) {
    const TableName name = parse_table_name(each.text);
    EXPECT_EQ(name.schema, each.schema) << each.text;
    EXPECT_EQ(name.name, each.name) << each.text;
  }
  EXPECT_EQ(quote_identifier(TableName{"a\"b", "c"}), "\"a\"\"b\".\"c\"");
  EXPECT_EQ(quote_identifier(TableName{"", "c"}), "\"c\"");
}

TEST(TableNames, ThatAreNoneAreRefused) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("."), std::string_view("a."), std::string_view(".a"),
        std::string_view("a.b.c"), std::string_view("\"a"), std::string_view("\"a\"b"), std::string_view("\"\""),
        std::string_view("a\0b", 3)}) {
    EXPECT_EQ(error_of([&] { parse_table_name(text); }).code(), ErrorCode::usage) << text;
  }
}

TEST(DatabaseUrls, AreTakenApart) {
  using Backend = DatabaseUrl::Backend;
  struct Case {
    std::string_view url;
    Backend backend;
    std::string_view target;
  };
  for (const Case& each :
       {Case{"sqlite:tasks.db", Backend::sqlite, "tasks.db"},
        Case{"sqlite:/var/lib/a b.db", Backend::sqlite, "/var/lib/a b.db"},
        Case{"sqlite:what?.db", Backend::sqlite, "what?.db"}, Case{"sqlite:///tasks.db", Backend::sqlite, "tasks.db"},
        Case{"sqlite:////var/tasks.db", Backend::sqlite, "/var/tasks.db"},
        Case{"sqlite+aiosqlite:///tasks.db", Backend::sqlite, "tasks.db"},
        Case{"sqlite:///tasks.db?check_same_thread=false&timeout=5", Backend::sqlite, "tasks.db"},
        Case{"postgresql://u:p@h:1/d?sslmode=require", Backend::postgresql, "postgresql://u:p@h:1/d?sslmode=require"},
        Case{"postgres://h/d", Backend::postgresql, "postgresql://h/d"},
        Case{"postgresql+asyncpg://h/d", Backend::postgresql, "postgresql://h/d"},
        Case{"postgresql+psycopg2:///d", Backend::postgresql, "postgresql:///d"}}) {
    const DatabaseUrl url = parse_database_url(each.url);
    EXPECT_EQ(url.backend, each.backend) << each.url;
    EXPECT_EQ(url.target, each.target) << each.url;
  }
}

TEST(DatabaseUrls, ThatAreNotUnderstoodAreRefusedWithoutTheirSecrets) {
  for (const std::string_view url :
       {"", "tasks.db", "mysql://root:secret@h/d", "sqlite:", "sqlite://", "sqlite:///",
        "sqlite::memory:", "sqlite:///:memory:", "sqlite://secret@host/tasks.db", "sqlite:///a.db?mode=ro",
        "sqlite:///file:a.db", "sqlite:file:a.db", "postgresql:secret"}) {
    const Error error = error_of([&] { parse_database_url(url); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << url;
    EXPECT_FALSE(error.parts().hint.empty()) << url;
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
  }
}

TEST(OpenStore, GivesTheBackendOfTheUrl) {
  EXPECT_EQ(open_store("sqlite:tasks.db", {})->backend(), "sqlite");
  EXPECT_EQ(error_of([] { open_store("sqlite::memory:", {}); }).code(), ErrorCode::usage);
}

TEST(FieldNames, AreWrittenAndRead) {
  for (const FieldSet fields :
       {FieldSet{}, FieldSet{Field::status}, FieldSet{Field::schedule_cron, Field::user_id}, FieldSet::all()}) {
    EXPECT_EQ(fields_by_names(names_of(fields)), fields);
  }
  EXPECT_EQ(names_of({Field::status, Field::schedule_cron}), "schedule_cron,status");
  EXPECT_EQ(fields_by_names("status,of a later version"), FieldSet{Field::status});
}

}  // namespace
}  // namespace lockstep::testing_store
