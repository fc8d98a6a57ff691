/** How names of model files end; upper case counts too. */
const EXTENSIONS = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$/i;
const MAX_LENGTH = 500;

/** Whether a value names a model file: one line that ends like one, and is no address. */
export function namesModel(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_LENGTH &&
    EXTENSIONS.test(value) &&
    !/[\r\n]/.test(value) &&
    !/^[a-z][a-z\d+.-]+:\/\//i.test(value)
  );
}

/**
 * Nodes that load models: their class type, and for each widget, in the order of `widgets_values`, its name; behind a colon the folder below `models` that
 * its files are in. In workflows of the page widgets have no names of their own.
 */
const LOADERS: Readonly<Record<string, string>> = {
  CheckpointLoaderSimple: 'ckpt_name:checkpoints',
  CheckpointLoader: 'config_name ckpt_name:checkpoints',
  unCLIPCheckpointLoader: 'ckpt_name:checkpoints',
  ImageOnlyCheckpointLoader: 'ckpt_name:checkpoints',
  UNETLoader: 'unet_name:diffusion_models weight_dtype',
  UnetLoaderGGUF: 'unet_name:diffusion_models',
  UnetLoaderGGUFAdvanced: 'unet_name:diffusion_models',
  VAELoader: 'vae_name:vae',
  CLIPLoader: 'clip_name:text_encoders type device',
  CLIPLoaderGGUF: 'clip_name:text_encoders type',
  DualCLIPLoader: 'clip_name1:text_encoders clip_name2:text_encoders type device',
  DualCLIPLoaderGGUF: 'clip_name1:text_encoders clip_name2:text_encoders type',
  TripleCLIPLoader: 'clip_name1:text_encoders clip_name2:text_encoders clip_name3:text_encoders',
  QuadrupleCLIPLoader:
    'clip_name1:text_encoders clip_name2:text_encoders clip_name3:text_encoders clip_name4:text_encoders',
  CLIPVisionLoader: 'clip_name:clip_vision',
  LoraLoader: 'lora_name:loras strength_model strength_clip',
  LoraLoaderModelOnly: 'lora_name:loras strength_model',
  CreateHookLora: 'lora_name:loras strength_model strength_clip',
  CreateHookLoraModelOnly: 'lora_name:loras strength_model',
  CreateHookModelAsLora: 'ckpt_name:checkpoints strength_model strength_clip',
  CreateHookModelAsLoraModelOnly: 'ckpt_name:checkpoints strength_model',
  ControlNetLoader: 'control_net_name:controlnet',
  DiffControlNetLoader: 'control_net_name:controlnet',
  StyleModelLoader: 'style_model_name:style_models',
  GLIGENLoader: 'gligen_name:gligen',
  HypernetworkLoader: 'hypernetwork_name:hypernetworks strength',
  UpscaleModelLoader: 'model_name:upscale_models',
  LatentUpscaleModelLoader: 'model_name:latent_upscale_models',
  FrameInterpolationModelLoader: 'model_name:frame_interpolation',
  PhotoMakerLoader: 'photomaker_model_name:photomaker',
  AudioEncoderLoader: 'audio_encoder_name:audio_encoders',
  ModelPatchLoader: 'name:model_patches',
  LTXVAudioVAELoader: 'ckpt_name:checkpoints',
  LTXAVTextEncoderLoader: 'text_encoder:text_encoders ckpt_name:checkpoints device',
  IPAdapterModelLoader: 'ipadapter_file:ipadapter',
  InstantIDModelLoader: 'instantid_file:instantid',
  WanVideoModelLoader: 'model:diffusion_models',
  WanVideoVAELoader: 'model_name:vae',
  LoadWanVideoT5TextEncoder: 'model_name:text_encoders',
  WanVideoLoraSelect: 'lora:loras',
  ADE_LoadAnimateDiffModel: 'model_name:animatediff_models',
  ADE_AnimateDiffLoaderGen1: 'model_name:animatediff_models',
  'Power Lora Loader (rgthree)': ':loras',
};

/** Inputs whose name says what folder their files are in, whatever the node; the digits behind `clip_name1` do not count. */
const INPUTS: Readonly<Record<string, string>> = {
  ckpt_name: 'checkpoints',
  base_ckpt_name: 'checkpoints',
  refiner_ckpt_name: 'checkpoints',
  lora: 'loras',
  lora_name: 'loras',
  vae_name: 'vae',
  unet_name: 'diffusion_models',
  clip_name: 'text_encoders',
  control_net_name: 'controlnet',
  controlnet_name: 'controlnet',
  style_model_name: 'style_models',
  gligen_name: 'gligen',
  hypernetwork_name: 'hypernetworks',
  upscale_model_name: 'upscale_models',
  ipadapter_file: 'ipadapter',
};

interface Widget {
  readonly name: string;
  readonly folder: string | undefined;
}

const WIDGETS: ReadonlyMap<string, readonly Widget[]> = new Map(
  Object.entries(LOADERS).map(([type, widgets]) => [
    type,
    widgets.split(' ').map(widget => {
      const [name = '', folder] = widget.split(':');
      return { name, folder };
    }),
  ]),
);

/** Whether the class type is known to load models. */
export function isLoader(classType: string): boolean {
  return WIDGETS.has(classType);
}

/** The name of a widget of a known loader, by its place. */
export function widgetName(classType: string, index: number): string | undefined {
  return WIDGETS.get(classType)?.[index]?.name;
}

/** The folder that an input's files are in, by the class type and the input's name; undefined where neither says. */
export function folderOf(classType: string, input: string | undefined): string | undefined {
  const widgets = WIDGETS.get(classType);
  const own = widgets?.find(({ name }) => name === input)?.folder;
  const any = widgets?.find(({ name }) => name === '')?.folder;
  const byName = input?.replace(/\d+$/, '').replace(/_$/, '') ?? '';
  return own ?? any ?? (Object.hasOwn(INPUTS, byName) ? INPUTS[byName] : undefined);
}
