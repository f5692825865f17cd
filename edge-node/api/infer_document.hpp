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
    /// More inputs than `inputs_max` too.
    InferDocument(std::string_view text, std::size_t values_max, std::size_t inputs_max = 1)
        : json_(text), values_max_(values_max), inputs_max_(inputs_max) {}

    struct Input {
        std::string name;
        TensorHead head;
        std::optional<std::size_t> binary_bytes;  ///< its data follows the JSON, so many bytes
        bool has_data = false;                    ///< its data is in the JSON
        TensorData data;
    };

    /// InvalidInput: no valid JSON, no input, or a member that we know holds something else. Those that we do not know
    /// may hold anything.
    [[nodiscard]] Result<> read();

    std::string id;
    Tier tier_max = Tier::Heavy;
    std::optional<std::chrono::microseconds> deadline;
    bool learn = true;
    std::vector<Input> inputs;  ///< at least one; names as they were given
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
    void read_input(Input& input);
    void read_input_parameters(Input& input);
    void read_shape(Input& input);
    void read_outputs();
    void read_output();
    void read_output_parameters(OutputEntry& entry);

    std::optional<std::size_t> next_key(Keys known, Seen& seen);
    bool comes(JsonReader::Kind kind, std::string_view name);
    std::string_view text(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::uint64_t> count(std::string_view name);

    JsonReader json_;
    std::size_t values_max_;
    std::size_t inputs_max_;
    bool binary_output_ = false;
    std::vector<OutputEntry> outputs_;
};

}  // namespace skerry::node
