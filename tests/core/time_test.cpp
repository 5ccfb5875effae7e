#include <rhodrift/core/error.hpp>
#include <rhodrift/core/time.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

UtcTime parse(std::string_view text) {
  return parse_utc(text, "file.json", "/date");
}

std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("parse_utc applies the offset from UTC") {
  CHECK(parse("1970-01-01T00:00:00Z").unix_s == 0);
  CHECK(parse("2021-03-15T04:49:04Z").unix_s == 1615783744);
  CHECK(parse("2021-03-15T00:49:04-04:00") == parse("2021-03-15T04:49:04Z"));
  CHECK(parse("2021-03-15T10:19:04+05:30") == parse("2021-03-15T04:49:04Z"));
  CHECK(parse("2021-03-15T10:19:04+0530") == parse("2021-03-15T04:49:04Z"));
  CHECK(parse("2021-03-15T06:49:04+02") == parse("2021-03-15T04:49:04Z"));
  CHECK(parse("2020-12-31T23:30:00-01:00") == parse("2021-01-01T00:30:00Z"));
}

TEST_CASE("parse_utc drops fractions of a second, also before 1970") {
  CHECK(parse("2021-03-15T04:49:04.999999Z") == parse("2021-03-15T04:49:04Z"));
  CHECK(parse("1969-12-31T23:59:58.5Z").unix_s == -2);
}

TEST_CASE("parse_utc reads a date alone as its midnight") {
  CHECK(parse("2021-03-15") == parse("2021-03-15T00:00:00Z"));
}

TEST_CASE("parse_utc knows leap days") {
  CHECK(parse("2024-02-29").unix_s == 1709164800);
  CHECK(parse("2000-02-29").unix_s == 951782400);
  CHECK_THAT(refusal("2023-02-29"), ContainsSubstring("the month has no such day"));
  CHECK_THAT(refusal("1900-02-29"), ContainsSubstring("the month has no such day"));
}

TEST_CASE("parse_utc refuses what is not a full ISO 8601 time, and says where") {
  CHECK(refusal("2021-03-15T00:49:04") ==
        "file.json: /date: time \"2021-03-15T00:49:04\": character 20: expected an offset from UTC "
        "(\"Z\" or \"+hh:mm\") at the end");
  CHECK(refusal("2021-13-01") ==
        "file.json: /date: time \"2021-13-01\": character 6: month 13 is outside 1..12");
  const auto [text, problem] = GENERATE(table<std::string, std::string>({
      {"", "expected the year in 4 digits"},
      {"21-03-15", "expected the year in 4 digits"},
      {"2021-3-15", "expected the month in 2 digits"},
      {"2021/03/15", "expected '-'"},
      {"2021-04-31", "the month has no such day"},
      {"2021-03-00", "day 0 is outside 1..31"},
      {"2021-03-15 00:00:00Z", "expected 'T'"},
      {"2021-03-15T24:00:00Z", "hour 24 is outside 0..23"},
      {"2021-03-15T00:60:00Z", "minute 60 is outside 0..59"},
      {"2021-03-15T00:00:60Z", "second 60 is outside 0..59"},
      {"2021-03-15T00:00Z", "expected ':'"},
      {"2021-03-15T00:00:00.Z", "expected digits of a fraction"},
      {"2021-03-15T00:00:00+25:00", "offset hour 25 is outside 0..23"},
      {"2021-03-15T00:00:00+01:", "expected the offset minute in 2 digits"},
      {"2021-03-15T00:00:00Zulu", "unexpected text after the time"},
      {" 2021-03-15", "expected the year in 4 digits"},
  }));
  CHECK_THAT(refusal(text), ContainsSubstring(problem));
}

TEST_CASE("to_iso8601 is what parse_utc reads") {
  CHECK(to_iso8601({1615783744}) == "2021-03-15T04:49:04Z");
  CHECK(to_iso8601({0}) == "1970-01-01T00:00:00Z");
  CHECK(to_iso8601({-1}) == "1969-12-31T23:59:59Z");
  // A prime step of about 23 days hits every month, hour and minute pattern over 60 years.
  for (std::int64_t unix_s = -86'400'000; unix_s < 1'900'000'000; unix_s += 1'999'993)
    CHECK(parse(to_iso8601({unix_s})).unix_s == unix_s);
}
