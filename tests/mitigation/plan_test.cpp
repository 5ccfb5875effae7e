#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/plan.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Plan two_jobs() {
  auto circuit = std::make_shared<Circuit>(2);
  circuit->append(Op::rx, {0}, {Angle::weight(1)}).append(Op::ry, {1}, {Angle::feature(0)});
  Plan plan;
  plan.jobs = {{circuit, {}, {}, 100}, {circuit, {}, {}, 200}};
  return plan;
}

}  // namespace

TEST_CASE("A plan is bound to parameters without touching its circuits") {
  const Plan plan = two_jobs();
  const Plan bound = plan.bound({0.1, 0.2}, {0.3});
  REQUIRE(bound.jobs.size() == 2);
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(bound.jobs[j].weights == std::vector<double>{0.1, 0.2});
    CHECK(bound.jobs[j].features == std::vector<double>{0.3});
    CHECK(bound.jobs[j].circuit == plan.jobs[j].circuit);
    CHECK(bound.jobs[j].shots == plan.jobs[j].shots);
  }
  CHECK(plan.jobs[0].weights.empty());
  CHECK(plan.total_shots() == 300);
}

TEST_CASE("A plan refuses the wrong number of parameters") {
  CHECK_THROWS_AS(two_jobs().bound({0.1}, {0.3}), InputError);
  CHECK_THROWS_WITH(two_jobs().bound({0.1}, {0.3}),
                    ContainsSubstring("job 0: 1 weights given, the circuit takes 2"));
  CHECK_THROWS_WITH(two_jobs().bound({0.1, 0.2}, {}),
                    ContainsSubstring("job 0: 0 features given, the circuit takes 1"));
}

TEST_CASE("A plan refuses outcomes of other circuits") {
  const Plan plan = two_jobs();
  const auto fits = Outcomes::from_counts(2, {{0, 1}});
  const auto narrow = Outcomes::from_counts(1, {{0, 1}});
  CHECK_NOTHROW(plan.require_matching(std::vector{fits, fits}));
  CHECK_THROWS_WITH(plan.require_matching(std::vector{fits}),
                    ContainsSubstring("1 given for 2 circuits"));
  CHECK_THROWS_WITH(plan.require_matching(std::vector{fits, narrow}),
                    ContainsSubstring("circuit 1: 1 bits given, the circuit reads 2"));
}
