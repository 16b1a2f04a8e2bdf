// Placeholder until the folder has its first real source.
namespace dn {}
