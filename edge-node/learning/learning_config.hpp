#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace skerry::node {

/// What moves the learning rate; rate_rule.hpp has the rules.
enum class RateRule : std::uint8_t { Elastic, Fixed, Decayed, AdaGrad, Cocob, Hypergradient };

/// How a node learns from labels. The defaults are what was measured to work: docs/learning.md.
struct LearningConfig {
    /// Labelled samples that make one trigger.
    std::size_t trigger_rows = 100;

    RateRule rate_rule = RateRule::Elastic;
    /// η₀, which the factor e multiplies. 0: the rule's own, 3e-3 with Adam and 3e-2 with AdaGrad.
    float learning_rate = 0;
    /// τ of a decayed rate.
    double decay_triggers = 20;
    /// By which share one step at most moves a rate that follows the hypergradient.
    float hypergradient = 0.02F;
    /// Bounds of e.
    double elastic_min = 0.125;
    double elastic_max = 16;
    /// How strongly a probe moves e: one trigger multiplies it by at most exp(4.5·elastic_gain), more
    /// while the first fit goes on, and divides it by at most exp(elastic_gain).
    double elastic_gain = 0.25;
    /// How fast e forgets: its ratio to what it returns to is raised to the power 1 − elastic_return each trigger.
    double elastic_return = 0.03;

    /// ADWIN's chance of a false alarm in one check.
    double drift_confidence = 0.002;
    /// Standard deviations above its mean at which a batch's loss is drift by itself, unless one was just seen.
    double drift_loss_z = 4;
    std::size_t drift_cooldown_triggers = 5;
    /// After drift: how many triggers run how many passes instead of one.
    std::size_t react_triggers = 8;
    std::size_t react_passes = 5;
    /// Whether the steps are averaged with other nodes': then the passes are fewer where few of the classes come here
    /// (LabelShares::pairs_seen). No file says so, but how the node was started.
    bool federated = false;
    /// Whether a world in which the same inputs have got each other's labels is taken for one whose classes have other
    /// names: renaming.hpp.
    bool rename_classes = true;
    /// Whether a model that begins with half of a guess's loss or more does so too, where a trigger brings five rows of
    /// each class or more.
    bool react_at_start = false;

    /// Rows of one mini-step: new ones, and as many from the past.
    std::size_t step_new_rows = 10;
    std::size_t step_replay_rows = 10;
    bool replay_adapts = false;  ///< whether these become more while the past is forgotten, and fewer where it is not
    /// And counterexamples: variations of errors, of their confused class and of remembered samples. 0: none.
    std::size_t step_made_rows = 5;
    float made_weight = 0.5F;  ///< of one in the loss, where a real row has 1
    /// Counterexamples of images and tables: how far an error is moved where its loss rises most, in deviations of each
    /// input (FGSM); and the most that the class it was taken for has in a mixture with it. 0: neither.
    float fgsm = 0;
    float mixup = 0;
    /// Examples kept for replay, with the logits they had (DER++), and those kept to judge steps with; fewer where 16
    /// MiB of scaled values are full before.
    std::size_t replay_rows = 500;
    std::size_t validation_rows = 200;
    /// Weight of "answer old examples as you answered them then"; off while reacting to drift.
    float replay_logit_weight = 0;

    /// κ: how much of the local label shares' logarithm is added to the logits while training, so that a class that is
    /// rare or absent here is not pushed down. 0: off.
    float prior_strength = 1;
    /// Share of its uniform part that an absent class is taken to have. Above 0.
    float prior_smoothing = 0.05F;

    /// The least of the loss that each exit gets; the rest follows the traffic that it serves.
    float exit_weight_floor = 0.1F;
    /// The most of what an exit learns from the deeper ones beside the label, while they are better. 0: nothing.
    float distillation = 0;
    /// Soft labels, a mean answer for each class: a node with heavy gathers what its heavy exit says and tells the
    /// fleet; of one without it this is the share of the deepest exit's loss that speaks for what the fleet's say. 0:
    /// neither.
    float soft_labels = 0;
    /// Longest gradient of one step; longer ones are scaled down. 0: never.
    float gradient_norm_max = 5;
    /// Partial personalisation: the exits' heads are this node's own. They learn, but are neither sent nor replaced by
    /// the fleet's, from the first version on, whose heads they begin with. Off again: they begin with the fleet's.
    bool own_heads = false;
    /// FedProx: pull towards the weights that the last pull gave. 0: off.
    float proximal = 0;

    /// A step is dropped when it makes the validation rows worse with a t statistic above this, and by more than this
    /// share of their mean loss plus 0.02. Without the tolerance a step out of ten is dropped on a stream that is well
    /// learned: steps then go up and down, and the rows have helped to choose the point they start from.
    double gate_t_max = 2.33;
    double gate_tolerance = 0.1;
    /// Fewer rows than this judge nothing: then a step only has to be finite.
    std::size_t gate_rows_min = 20;
    /// So many dropped steps in a row pause learning, until new global weights come or so many triggers have passed.
    std::size_t rejects_max = 3;
    std::size_t pause_triggers = 1;

    /// Where more than one label in twenty is wrong, one that is likelier wrong than right is neither learned nor kept,
    /// and all others are learned as likely to be wrong (TrainPlan::label_noise).
    bool doubt_labels = true;

    /// Share of the newest trigger in the normaliser's moments.
    float normaliser_rate = 0.3F;

    /// Of the draws from the reservoirs.
    std::uint64_t seed = 1;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

}  // namespace skerry::node
