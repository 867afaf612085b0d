#include "softmax.h"

// Mean of −log softmax over the rows whose label is not −100. `powers`: space for a row.
EXPORT(cross_entropy)
void cross_entropy(const float* logits, const int* labels, float* loss, int rows, int classes, float* powers) {
  double sum = 0;
  int counted = 0;
  for (int row = 0; row < rows; row++, logits += classes) {
    if (labels[row] == -100) continue;
    float highest = highest_of(logits, classes);
    sum += logarithm(powers_of(logits, highest, 0, powers, classes)) - (logits[labels[row]] - highest);
    counted++;
  }
  *loss = counted ? (float)(sum / counted) : 0.0f;
}

EXPORT(cross_entropy_gradient)
void cross_entropy_gradient(const float* logits, const int* labels, const float* dy, float* dlogits, int rows,
                            int classes) {
  int counted = 0;
  for (int row = 0; row < rows; row++) counted += labels[row] != -100;
  float factor = counted ? *dy / (float)counted : 0.0f;
  for (int row = 0; row < rows; row++, logits += classes, dlogits += classes) {
    if (labels[row] == -100) {
      zero(dlogits, classes);
      continue;
    }
    float sum = powers_of(logits, highest_of(logits, classes), 0, dlogits, classes);
    scale_row(dlogits, factor / sum, classes);
    dlogits[labels[row]] -= factor;
  }
}
