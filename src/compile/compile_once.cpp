#include <map>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/hash.hpp>

namespace rhodrift {

namespace {

std::string content_key(const Circuit& source, const Calibration& device,
                        const CompileOptions& options) {
  const std::string layout =
      options.layout ? fmt::format("[{}]", fmt::join(*options.layout, ",")) : "any";
  return sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", to_json(source), to_json(device),
                                layout, options.n_trials, options.seed, options.schedule,
                                static_cast<int>(options.decoupling)));
}

}  // namespace

std::shared_ptr<const CompiledCircuit> compile_once(const Circuit& source,
                                                    const Calibration& device,
                                                    const CompileOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const CompiledCircuit>> living;
  const std::string key = content_key(source, device, options);
  {
    const std::lock_guard lock(mutex);
    if (const auto found = living.find(key); found != living.end())
      if (auto compiled = found->second.lock()) return compiled;
  }
  auto compiled = std::make_shared<const CompiledCircuit>(compile(source, device, options));
  const std::lock_guard lock(mutex);
  std::erase_if(living, [](const auto& entry) { return entry.second.expired(); });
  living.insert_or_assign(key, compiled);
  return compiled;
}

}  // namespace rhodrift
