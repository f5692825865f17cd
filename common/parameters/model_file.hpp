#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/parameters/layout.hpp"

namespace skerry::parameters {

/// A published version, or a prefix of it, outside any store: what `skerry model export` writes and
/// `skerry-node evaluate` reads.
struct ExportedModel {
    ModelSpec spec;
    ModelVersion version;
    Tier tier = Tier::Heavy;        ///< how long a prefix the parameters are
    std::vector<float> parameters;  ///< shape [layout.prefix(tier)], all finite
    std::string origin;             ///< who made it, for people; at most limits::kTextMax bytes
    Bytes manifest;                 ///< the signed manifest it came with, opaque here; may be empty
};

/// The file: "SKRM", format u32 = 1, version u64, tier u8, then sized (u32) declaration, origin and manifest,
/// the number of parameters u64, the parameters as float32, and the SHA-256 of all that; little-endian.
/// Whoever reads `path` meanwhile sees the old file or the new one, whole. InvalidInput: the model is not consistent.
/// Unavailable: the folder cannot be written.
[[nodiscard]] Result<> save_model(const ExportedModel& model, const std::filesystem::path& path);

/// NotFound: no such file. InvalidInput: it is no model file, is damaged, or its parameters do not fit its
/// declaration. Memory is taken only after the sizes agree with the file's.
[[nodiscard]] Result<ExportedModel> load_model(const std::filesystem::path& path);

}  // namespace skerry::parameters
