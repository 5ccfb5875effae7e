#include "core/named_settings.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("settings are taken out of their text, with or without the first one's key") {
  for (const char* text :
       {"cut:keen:depth=3:share=0.25:at=1,2.5", "cut:mode=keen:at=1,2.5:depth=3:share=0.25"}) {
    NamedSettings settings("plan", text);
    CHECK(settings.name() == "cut");
    int mode = 0, depth = 0;
    double share = 0.5, number = 7;
    std::vector<double> at;
    settings.take<int>("mode", {{"dull", 1}, {"keen", 2}}, mode, true);
    settings.take_whole("depth", depth, 1, 5);
    settings.take_share("share", share, false);
    CHECK(settings.take_numbers("at", at));
    settings.take_number("absent", number);
    std::optional<double> maybe;
    settings.take_number("absent", maybe);
    CHECK_FALSE(maybe);
    CHECK_NOTHROW(settings.refuse_unknown());
    CHECK(mode == 2);
    CHECK(depth == 3);
    CHECK(share == 0.25);
    CHECK(at == std::vector<double>{1, 2.5});
    CHECK(number == 7);
  }
}

TEST_CASE("settings that are wrong are refused with the text they stand in") {
  const auto settings = [](const char* text) { return NamedSettings("plan", text); };
  CHECK_THROWS_WITH(settings("cut:a=1:a=2"), R"(plan: "cut:a=1:a=2": a is set twice)");
  CHECK_THROWS_WITH(settings("cut:a=1:b"), R"(plan: "cut:a=1:b": "b" is no setting "key=value")");
  CHECK_THROWS_WITH(settings("cut:a=1").refuse_unknown(), R"(plan: "cut:a=1": takes no settings)");
  CHECK_THROWS_WITH(settings("cut:1:a=2").take("a", true), R"(plan: "cut:1:a=2": a is set twice)");

  NamedSettings other = settings("cut:b=1");
  double value = 0;
  other.take_number("a", value);
  CHECK_THROWS_WITH(other.refuse_unknown(), R"(plan: "cut:b=1": unknown setting "b"; known are a)");
  std::optional<double> maybe;
  settings("cut:0").take_number("a", maybe, true);
  CHECK(maybe == 0.0);
  int whole = 0;
  CHECK_THROWS_WITH(settings("cut:a=2.5").take_whole("a", whole, 1, 5),
                    R"(plan: "cut:a=2.5": a: 2.5 is no whole number in 1..5)");
  CHECK_THROWS_WITH(settings("cut:a=x").take_number("a", value),
                    R"(plan: "cut:a=x": a: "x" is no number)");
  CHECK_THROWS_WITH(settings("cut:a=1").take_share("a", value, true),
                    R"(plan: "cut:a=1": a: 1 is outside [0, 1))");
  const std::map<std::string, int> kinds{{"p", 1}, {"q", 2}};
  CHECK_THROWS_WITH(settings("cut").choose(kinds),
                    R"(plan: "cut": "cut" is unknown; known are p, q)");
}
