#pragma once

#include <filesystem>
#include <string>

#include "cli/arguments.hpp"
#include "cli/model_training.hpp"
#include "cli/toml_section.hpp"

/// What the configurations of several verbs have in common: docs/formats/train-config.md.
namespace rhodrift::cli {

/// What a text says, as `parse` reads it; complaints name the key.
template <typename Value, typename Parse>
void take_text(Section& section, const std::string& key, Value& value, Parse parse) {
  const auto text = section.take<std::string>(key, "a string");
  if (text) value = naming(section.place_of(key), [&] { return parse(*text); });
}

/// The table of that name, which may be missing. Throws InputError when the key is no table.
Section section_of(const toml::table& root, const std::filesystem::path& path, const char* name);

/// The key `name`, by default the file's name without extension.
std::string take_name(Section& top, const std::filesystem::path& path);

// Relative paths are relative to `directory`.

/// What data there are, how they are split and preprocessed. Keys of the caller's own may follow.
void read_data(Section& section, const std::filesystem::path& directory, LearningTask& task);

/// The device's states, noise policy and, if they are given, qubits, for circuits of so many.
DeviceHistory read_device(Section section, const std::filesystem::path& directory, int n_qubits);

}  // namespace rhodrift::cli
