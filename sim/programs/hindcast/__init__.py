"""Would the model have forecast the past?"""
