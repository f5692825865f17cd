#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/parameters/precision/encoding.hpp"

namespace skerry::parameters {

/// A published version, or a prefix of it, outside any store: what `skerry model export` writes and
/// `skerry-node evaluate` reads.
struct ExportedModel {
    ModelSpec spec;
    ModelVersion version;
    Tier tier = Tier::Heavy;        ///< how long a prefix the parameters are
    std::vector<float> parameters;  ///< shape [layout.prefix(tier)], all finite
    PrecisionPlan plan;             ///< how the file writes each of the prefix's tensors; empty: all fp32
    std::string origin;             ///< who made it, for people; at most limits::kTextMax bytes
    Bytes manifest;                 ///< the signed manifest it came with, opaque here; may be empty
};

/// A plan for this model's prefix, as plan_named() reads it. InvalidInput: as there, or the declaration is none.
[[nodiscard]] Result<PrecisionPlan> plan_for(const ExportedModel& model, std::string_view text);
/// What the file's weights are written as, for people: "fp16", "fp8,light.0=fp16".
[[nodiscard]] Result<std::string> precision_of(const ExportedModel& model);
/// Makes `model` what a file under the plan gives back, and says how far that is from what it was.
/// InvalidInput: as plan_for(), or the model is not consistent.
[[nodiscard]] Result<EncodingError> store_as(ExportedModel& model, std::string_view plan);

/// The file: "SKRM", format u32, version u64, tier u8, then sized (u32) declaration, origin and manifest, the number of
/// parameters u64, the parameters, and the SHA-256 of all that; little-endian. Format 1 has them as float32; format 2,
/// written where the plan names another precision, has the sized (u32) plan, a u8 a tensor, and what encode() makes.
/// Whoever reads `path` meanwhile sees the old file or the new one, whole. InvalidInput: the model is not consistent.
/// Unavailable: the folder cannot be written.
[[nodiscard]] Result<> save_model(const ExportedModel& model, const std::filesystem::path& path);

/// NotFound: no such file. InvalidInput: it is no model file, is damaged, or its parameters do not fit its
/// declaration. Memory is taken only after the sizes agree with the file's. `plan` is then one for each tensor, and the
/// parameters are what its precisions have left of those that were saved.
[[nodiscard]] Result<ExportedModel> load_model(const std::filesystem::path& path);

}  // namespace skerry::parameters
