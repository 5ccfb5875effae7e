// How close the kernels of src/sim come to what one core of this machine can do. Measures the
// machine, then the kernels in tiles that fit its caches, and prints both as Markdown.
//
// The loops that measure the machine are compiled for the same instruction sets as the kernels.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/roofline.cpp"
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rhodrift::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains of multiply-adds: two units with a latency of 4 or 5 cycles need 8 or 10, and SSE4
// and AVX2 have 16 registers. Each goes to b / (1 - a) from a start of its own, as chains that are
// the same would be computed once. The result keeps them from being left out.
double multiply_add(std::size_t n) {
  const hn::ScalableTag<double> d;
  const auto a = hn::Set(d, 0.5), b = hn::Set(d, 0.25);
  auto x0 = hn::Set(d, 0.0), x1 = hn::Set(d, 0.1), x2 = hn::Set(d, 0.2), x3 = hn::Set(d, 0.3);
  auto x4 = hn::Set(d, 0.4), x5 = hn::Set(d, 0.6), x6 = hn::Set(d, 0.7), x7 = hn::Set(d, 0.8);
  auto x8 = hn::Set(d, 0.9), x9 = hn::Set(d, 1.0), x10 = hn::Set(d, 1.1), x11 = hn::Set(d, 1.2);
  for (std::size_t k = 0; k < n; ++k) {
    x0 = hn::MulAdd(x0, a, b), x1 = hn::MulAdd(x1, a, b), x2 = hn::MulAdd(x2, a, b);
    x3 = hn::MulAdd(x3, a, b), x4 = hn::MulAdd(x4, a, b), x5 = hn::MulAdd(x5, a, b);
    x6 = hn::MulAdd(x6, a, b), x7 = hn::MulAdd(x7, a, b), x8 = hn::MulAdd(x8, a, b);
    x9 = hn::MulAdd(x9, a, b), x10 = hn::MulAdd(x10, a, b), x11 = hn::MulAdd(x11, a, b);
  }
  x0 = hn::Add(hn::Add(hn::Add(x0, x1), hn::Add(x2, x3)), hn::Add(x4, x5));
  x6 = hn::Add(hn::Add(hn::Add(x6, x7), hn::Add(x8, x9)), hn::Add(x10, x11));
  return hn::GetLane(hn::Add(x0, x6));
}

std::size_t lanes() {
  return hn::Lanes(hn::ScalableTag<double>());
}

// Loads every number, changes it, stores it.
void in_place(double* data, std::size_t size) {
  const hn::ScalableTag<double> d;
  const std::size_t width = hn::Lanes(d);
  const auto minus = hn::Set(d, -1.0);
  for (std::size_t x = 0; x < size; x += 4 * width) {
    const auto v0 = hn::Load(d, data + x), v1 = hn::Load(d, data + x + width);
    const auto v2 = hn::Load(d, data + x + 2 * width), v3 = hn::Load(d, data + x + 3 * width);
    hn::Store(hn::Mul(v0, minus), d, data + x);
    hn::Store(hn::Mul(v1, minus), d, data + x + width);
    hn::Store(hn::Mul(v2, minus), d, data + x + 2 * width);
    hn::Store(hn::Mul(v3, minus), d, data + x + 3 * width);
  }
}

const char* target() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace rhodrift::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <rhodrift/noise/channel.hpp>

#include "sim/block_loops.hpp"
#include "sim/step_table.hpp"
#include "sim/wide_product.hpp"

namespace rhodrift::bench {

HWY_EXPORT(multiply_add);
HWY_EXPORT(lanes);
HWY_EXPORT(in_place);
HWY_EXPORT(target);

namespace {

enum class Level { l1, l2, memory };
constexpr std::array level_names{"store port (L1)", "L2 bandwidth", "memory bandwidth"};

std::string name_of(Level level) {
  return level_names[static_cast<std::size_t>(level)];
}

/// Something to be measured.
struct Job {
  std::string name;     ///< of a kernel "kernel | digits | data", as the table has it
  Level level;          ///< where its data is
  double flops, bytes;  ///< of one call; every product counts 2, as it takes a multiply-add's slot
  std::size_t n_numbers;  ///< that one call works on
  std::size_t calls;      ///< to be timed at once
  std::function<void()> reset, call;
};

/// So many calls take some 50 µs, against which reading the clock is nothing.
std::size_t calls_for(std::size_t n_numbers) {
  return std::max<std::size_t>(1, (std::size_t{1} << 18) / n_numbers);
}

// --- The machine --------------------------------------------------------------------------------

std::size_t cache_bytes(int level) {
  for (const benchmark::CPUInfo::CacheInfo& cache : benchmark::CPUInfo::Get().caches)
    if (cache.level == level && cache.type != "Instruction")
      return static_cast<std::size_t>(cache.size);
  return level == 1 ? std::size_t{32} << 10 : std::size_t{512} << 10;
}

/// Where the machine's figures are measured: half a cache, and far more than the last one.
std::size_t bytes_at(Level level) {
  return level == Level::memory ? std::size_t{256} << 20
                                : cache_bytes(level == Level::l1 ? 1 : 2) / 2;
}

const std::string multiply_add_name = "multiply-add";

std::vector<Job> machine_jobs() {
  constexpr std::size_t n = 1 << 14;
  const std::size_t n_products = 12 * n * HWY_DYNAMIC_DISPATCH(lanes)();
  std::vector<Job> jobs{{multiply_add_name, Level::l1, 2.0 * static_cast<double>(n_products), 0.0,
                         n_products, 4, [] {},
                         [] { benchmark::DoNotOptimize(HWY_DYNAMIC_DISPATCH(multiply_add)(n)); }}};
  for (const Level level : {Level::l1, Level::l2, Level::memory}) {
    const std::size_t size = bytes_at(level) / sizeof(double);
    const auto data = std::make_shared<AlignedVector<double>>(size, 1.0);
    jobs.push_back({name_of(level), level, 0.0, 16.0 * static_cast<double>(size), size,
                    calls_for(size), [] {},
                    [=] {
                      HWY_DYNAMIC_DISPATCH(in_place)
                      (data->data(), size);
                    }});
  }
  return jobs;
}

// --- The kernels --------------------------------------------------------------------------------

/// A tile of so many digits, in a cache.
struct Tile {
  int n_digits;
  Level level;
  const char* text;
  std::size_t size() const { return std::size_t{1} << (2 * n_digits); }
  std::vector<std::size_t> strides() const {
    std::vector<std::size_t> result;
    for (int d = 0; d < n_digits; ++d) result.push_back(std::size_t{1} << (2 * d));
    return result;
  }
};

/// 8 KiB, and the 128 KiB that the engine's tiles have.
constexpr std::array tiles{Tile{5, Level::l1, "8 KiB"}, Tile{7, Level::l2, "128 KiB"}};

using Numbers = std::shared_ptr<AlignedVector<double>>;

Numbers zeros(std::size_t size) {
  return std::make_shared<AlignedVector<double>>(size, 0.0);
}

/// Noise makes numbers smaller, and very small ones are slow: they are set anew before every
/// timing.
std::function<void()> fill(const Numbers& numbers) {
  return [=] { std::ranges::fill(*numbers, 1.0); };
}

TransferMatrix general_unitary(int n_qubits) {
  const arma::uword dim = arma::uword{1} << n_qubits;
  arma::cx_mat generator(dim, dim);
  for (arma::uword i = 0; i < dim; ++i)
    for (arma::uword j = 0; j < dim; ++j)
      generator(i, j) = arma::cx_double(std::sin(1.0 + static_cast<double>(3 * i + 5 * j)),
                                        std::cos(2.0 + static_cast<double>(7 * i + 2 * j)));
  arma::cx_mat unitary, triangle;
  arma::qr(unitary, triangle, generator);
  return unitary_transfer_matrix(unitary);
}

struct Kernel {
  std::string name;
  int n_digits;
  TransferMatrix matrix;
};

std::vector<Kernel> kernels() {
  const TransferMatrix relaxation = thermal_relaxation(50e-6, 70e-6, 0.3e-6).ptm(),
                       both = arma::kron(relaxation, relaxation), general1 = general_unitary(1),
                       general2 = general_unitary(2);
  const auto gate = [](Op op) { return unitary_transfer_matrix(info(op).unitary({})); };
  return {{"noisy cx", 2, both * gate(Op::cx)},
          {"dense 1-qubit, unital", 1, depolarizing(1, 0.01).ptm() * general1},
          {"dense 1-qubit", 1, general1 * relaxation * general1},
          {"dense 2-qubit", 2, general2 * both * general2},
          {"diagonal", 2, depolarizing(2, 0.01).ptm()},
          {"signed permutation, relaxation", 1, relaxation * gate(Op::sx)},
          {"dense 3-qubit (BLAS)", 3, general_unitary(3)}};
}

std::string named(const std::string& kernel, const std::vector<int>& digits, const Tile& tile) {
  std::string name = kernel + " |";
  for (const int digit : digits) name += " " + std::to_string(digit);
  return name + " | " + tile.text;
}

/// A kernel's matrix as a program would have it: a step.
std::shared_ptr<const StepTable<double>> step_of(const Kernel& kernel) {
  Circuit circuit(kernel.n_digits);
  std::vector<int> qubits(static_cast<std::size_t>(kernel.n_digits));
  std::iota(qubits.begin(), qubits.end(), 0);
  circuit.append_channel(kernel.name, qubits, kernel.matrix);
  return std::make_shared<const StepTable<double>>(fuse(circuit).steps, false);
}

Job kernel_job(const Kernel& kernel, const Tile& tile, const std::vector<int>& digits) {
  const auto table = step_of(kernel);
  const auto& row = table->rows().front();
  const Numbers numbers = zeros(tile.size());
  double* data = numbers->data();
  const auto size = static_cast<double>(tile.size());
  Job job{named(kernel.name, digits, tile),
          tile.level,
          2.0 * size * static_cast<double>(kernel.matrix.n_rows),
          16.0 * size,
          tile.size(),
          1,
          fill(numbers),
          {}};
  if (!row.wide.is_empty()) {
    const WideProduct<double> product(digits, tile.strides());
    job.call = [=] { product.apply(table->rows().front().wide, data, data); };
    return job;
  }
  const auto dim = static_cast<double>(kernel.matrix.n_rows);
  job.flops = 2.0 * size * static_cast<double>(row.forward->entries.size()) / dim;
  job.bytes *= (dim - static_cast<double>(row.forward->fixed.size())) / dim;
  job.calls = calls_for(tile.size());
  const BlockLoops<double> loops(*row.forward, digits, tile.strides());
  job.call = [=, bound = table->bind({}, 1, Direction::forward)] {
    loops.apply(bound.forward(table->rows().front()), data, data);
  };
  return job;
}

Job swap_job(const Tile& tile, int digit) {
  const Numbers numbers = zeros(tile.size());
  const std::size_t stride = tile.strides()[static_cast<std::size_t>(digit)];
  return {named("lane swap", {digit}, tile),
          tile.level,
          0.0,
          16.0 * static_cast<double>(tile.size()),
          tile.size(),
          calls_for(tile.size()),
          fill(numbers),
          [=] {
            rhodrift::kernels::table<double>().swap_lane_digit(numbers->data(), numbers->size(),
                                                               stride);
          }};
}

/// Every tile of a state into the cache and back, as a pass does it; the tile's digits are the
/// lowest three, in runs of 512 bytes, and the highest.
Job copy_job(const std::string& text, int n_digits, Level level) {
  constexpr int tile_digits = 7, low_digits = 3;
  constexpr std::size_t run = std::size_t{1} << (2 * low_digits);
  const Numbers state = zeros(std::size_t{1} << (2 * n_digits)),
                tile = zeros(std::size_t{1} << (2 * tile_digits));
  const int n_outer = n_digits - tile_digits;
  std::vector<std::size_t> runs;
  for (std::size_t r = 0; r < tile->size() / run; ++r) runs.push_back(r * run << (2 * n_outer));
  const auto size = static_cast<double>(state->size());
  return {"gather and scatter | 0 1 2 and highest | " + text,
          level,
          0.0,
          (level == Level::memory ? 16.0 : 32.0) * size,  // in a cache the tile's copy counts too
          state->size(),
          calls_for(state->size()),
          [] {},
          [=] {
            const auto& table = rhodrift::kernels::table<double>();
            for (std::size_t t = 0; t < std::size_t{1} << (2 * n_outer); ++t) {
              table.gather(state->data() + t * run, runs, run, tile->data());
              table.scatter(tile->data(), runs, run, state->data() + t * run);
            }
          }};
}

std::vector<Job> kernel_jobs() {
  std::vector<Job> jobs;
  for (const Kernel& kernel : kernels())
    for (const Tile& tile : tiles) {
      std::vector<int> low, high;
      for (int d = 0; d < kernel.n_digits; ++d) {
        low.push_back(1 + d);
        high.push_back(tile.n_digits - 1 - d);
      }
      jobs.push_back(kernel_job(kernel, tile, low));
      jobs.push_back(kernel_job(kernel, tile, high));
    }
  for (const Tile& tile : tiles)
    for (const int digit : {1, tile.n_digits - 1}) jobs.push_back(swap_job(tile, digit));
  jobs.push_back(copy_job("128 KiB", 7, Level::l2));
  jobs.push_back(copy_job("128 MiB", 12, Level::memory));
  return jobs;
}

// --- Measuring and printing ---------------------------------------------------------------------

/// Seconds of one call of each job, by name.
using Seconds = std::map<std::string, double>;

void run(benchmark::State& state, const Job& job) {
  for (auto _ : state) {
    job.reset();
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t k = 0; k < job.calls; ++k) {
      job.call();
      benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(taken.count());
  }
}

/// Keeps the fastest repetition: what else the machine does can only slow one down.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& one : runs) {
      if (one.run_type != Run::RT_Iteration) continue;
      const double seconds = one.real_accumulated_time / static_cast<double>(one.iterations);
      const auto [found, fresh] = fastest_.try_emplace(one.run_name.function_name, seconds);
      found->second = std::min(found->second, seconds);
    }
  }
  const Seconds& fastest() const { return fastest_; }

 private:
  Seconds fastest_;
};

Seconds measured(const std::vector<Job>& jobs) {
  for (const Job& job : jobs)
    benchmark::RegisterBenchmark(job.name.c_str(), run, job)
        ->UseManualTime()
        ->MinTime(0.1)
        ->Repetitions(5);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  Seconds seconds = collector.fastest();
  for (const Job& job : jobs)
    if (const auto found = seconds.find(job.name); found != seconds.end())
      found->second /= static_cast<double>(job.calls);
  return seconds;
}

void print_machine(const std::vector<Job>& jobs, const Seconds& seconds) {
  std::printf("One core, %s, double.\n\n| limit | data | figure |\n|---|---|---|\n",
              HWY_DYNAMIC_DISPATCH(target)());
  for (const Job& job : jobs) {
    const double s = seconds.at(job.name);
    if (job.flops > 0.0)
      std::printf("| %s | registers | %.1f GFLOP/s |\n", job.name.c_str(), 1e-9 * job.flops / s);
    else
      std::printf("| %s | %zu KiB, in place | %.1f GB/s |\n", job.name.c_str(),
                  job.n_numbers * sizeof(double) / 1024, 1e-9 * job.bytes / s);
  }
}

/// A kernel cannot be faster than its multiply-adds alone, nor than its loads and stores alone.
void print_kernels(const std::vector<Job>& jobs, const std::vector<Job>& machine,
                   const Seconds& seconds) {
  std::printf(
      "\n| kernel | digits | data | ns a number | GFLOP/s | GB/s | limit | of it |\n"
      "|---|---|---|---|---|---|---|---|\n");
  std::map<std::string, double> rate;  // FLOP/s, B/s
  for (const Job& limit : machine)
    rate[limit.name] = std::max(limit.flops, limit.bytes) / seconds.at(limit.name);
  for (const Job& job : jobs) {
    const auto found = seconds.find(job.name);
    if (found == seconds.end()) continue;  // filtered out
    const double s = found->second;
    const double arithmetic = job.flops / rate[multiply_add_name],
                 traffic = job.bytes / rate[name_of(job.level)];
    std::printf("| %s | %.3f | %.1f | %.1f | %s | %.0f %% |\n", job.name.c_str(),
                1e9 * s / static_cast<double>(job.n_numbers), 1e-9 * job.flops / s,
                1e-9 * job.bytes / s,
                arithmetic > traffic ? multiply_add_name.c_str() : name_of(job.level).c_str(),
                100.0 * std::max(arithmetic, traffic) / s);
  }
}

}  // namespace
}  // namespace rhodrift::bench

int main(int argc, char** argv) {
  using namespace rhodrift::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const std::vector<Job> machine = machine_jobs(), kernels = kernel_jobs();
  std::vector<Job> jobs = machine;
  jobs.insert(jobs.end(), kernels.begin(), kernels.end());
  const Seconds seconds = measured(jobs);
  for (const Job& limit : machine)
    if (!seconds.contains(limit.name)) {
      std::fprintf(stderr, "roofline: \"%s\" was filtered out; there is no table without it\n",
                   limit.name.c_str());
      return 2;
    }
  print_machine(machine, seconds);
  print_kernels(kernels, machine, seconds);
}
#endif
