#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/json_reader.hpp"
#include "edge-node/api/tensor_data.hpp"

namespace skerry::node {

/// The JSON of an infer request as it is read, before its parts are held against each other.
class InferDocument {
public:
    /// More values of data than `values_max` are refused as they come.
    InferDocument(std::string_view text, std::size_t values_max) : json_(text), data_(values_max) {}

    /// InvalidInput: no valid JSON, or a member that we know holds something else. Those that we do not know may hold
    /// anything.
    [[nodiscard]] Result<> read();

    std::string id;
    Tier tier_max = Tier::Heavy;
    std::optional<std::chrono::microseconds> deadline;
    bool learn = true;
    TensorHead input;
    std::optional<std::size_t> binary_bytes;  ///< the input's data follows the JSON, so many bytes
    bool has_data = false;                    ///< the input's data is in the JSON: data()
    [[nodiscard]] const TensorData& data() const { return data_; }
    /// Those asked for, else all.
    [[nodiscard]] std::vector<WantedOutput> outputs() const;

private:
    struct OutputEntry {
        Output output = Output::Label;
        std::optional<bool> binary;
        std::optional<std::size_t> classes;
    };
    using Keys = std::span<const std::string_view>;
    using Seen = std::bitset<8>;

    void read_root();
    void read_parameters();
    void read_inputs();
    void read_input();
    void read_input_parameters();
    void read_shape();
    void read_outputs();
    void read_output();
    void read_output_parameters(OutputEntry& entry);

    std::optional<std::size_t> next_key(Keys known, Seen& seen);
    bool comes(JsonReader::Kind kind, std::string_view name);
    std::string_view text(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::uint64_t> count(std::string_view name);

    JsonReader json_;
    TensorData data_;
    std::size_t inputs_ = 0;
    std::string input_name_;
    bool binary_output_ = false;
    std::vector<OutputEntry> outputs_;
};

}  // namespace skerry::node
